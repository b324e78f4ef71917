import {
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { deleteSession, getSession, postSession, type Session } from "../client/generated/auditflow.ts";
import { signInWish } from "./sign-in-wish.ts";

/** For whom the server takes this browser; asked twice a minute, for a session ends while one looks. */
export function useSession(): UseQueryResult<Session> {
  return useQuery({
    queryKey: ["session"],
    queryFn: ({ signal }) => getSession({ signal }),
    refetchInterval: 30_000,
    retry: false,
  });
}

/** Signs in with the token; everything on the page is asked anew then. */
export function useSignIn(): UseMutationResult<void, Error, string> {
  const client = useQueryClient();
  return useMutation<void, Error, string>({
    mutationFn: (token) => postSession({ token }),
    onSuccess: async () => {
      signInWish.settle();
      await client.invalidateQueries();
    },
    meta: { ownRefusal: true },
  });
}

/** Signs out and begins the page anew: nothing that was seen stays, the live connection neither. */
export function useSignOut(): UseMutationResult<void, Error, void> {
  return useMutation<void, Error, void>({
    mutationFn: () => deleteSession(),
    onSuccess: () => location.reload(),
  });
}
