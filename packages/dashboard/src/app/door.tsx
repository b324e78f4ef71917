import { useSignInWish } from "../live/sign-in-wish.ts";
import { useSession } from "../live/use-session.ts";
import { SignInPage } from "../pages/sign-in-page.tsx";
import { Shell } from "./shell.tsx";

/**
 * The page for whoever may see it, and for others the way in. The address stays as it is meanwhile, so that one is
 * where one wanted to be afterwards.
 */
export function Door() {
  const { data: session, isPending } = useSession();
  const { asked, why } = useSignInWish();
  // Before the answer nobody knows which of the two; it comes from the front door itself.
  if (isPending) return null;
  const isShut = session?.access === "none";
  if (isShut || asked) return <SignInPage why={why} isOptional={!isShut && why === undefined} />;
  return <Shell session={session} />;
}
