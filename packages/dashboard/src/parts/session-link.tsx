import { NavLink, Text } from "@mantine/core";
import { LogIn, LogOut } from "lucide-react";
import type { Session } from "../client/generated/auditflow.ts";
import { problemWords } from "../client/problem-words.ts";
import { signInWish } from "../live/sign-in-wish.ts";
import { useSignOut } from "../live/use-session.ts";

/** The way out of a session, and into one for whoever could do more with it; nothing where none is needed. */
export function SessionLink({ session }: { readonly session: Session | undefined }) {
  if (session?.caller === "session") return <SignOut />;
  if (session?.sign_in !== true || session.access === "operator" || session.access === "admin") return null;
  return (
    <NavLink
      component="button"
      label="Sign in"
      leftSection={<LogIn size={16} aria-hidden />}
      onClick={() => signInWish.ask()}
    />
  );
}

function SignOut() {
  const { mutate, isPending, error } = useSignOut();
  return (
    <>
      <NavLink
        component="button"
        label="Sign out"
        leftSection={<LogOut size={16} aria-hidden />}
        disabled={isPending}
        onClick={() => mutate()}
      />
      {error === null ? null : (
        <Text size="xs" c="var(--mantine-color-error)" px="sm" role="alert">
          {problemWords(error)}
        </Text>
      )}
    </>
  );
}
