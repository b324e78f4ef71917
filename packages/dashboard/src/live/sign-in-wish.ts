import { useSyncExternalStore } from "react";

/** Whether somebody or something asks for the person to sign in. */
export interface Wish {
  readonly asked: boolean;
  /** What the service said, where it was the service that asked. */
  readonly why?: string | undefined;
}

const none: Wish = { asked: false };

/** Told by whoever learns that the person must, or wants to, sign in; the frame of the page heeds it. */
export class SignInWish {
  #wish: Wish = none;
  readonly #listeners = new Set<() => void>();

  get wish(): Wish {
    return this.#wish;
  }

  ask(why?: string): void {
    this.#become({ asked: true, why });
  }

  /** It was done, or is not wanted any more. */
  settle(): void {
    this.#become(none);
  }

  /** Calls with each change until the returned function is called. */
  listen(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  }

  #become(wish: Wish): void {
    // Each of many questions may be refused: they all say the same.
    if (wish.asked === this.#wish.asked) return;
    this.#wish = wish;
    for (const changed of this.#listeners) changed();
  }
}

/** The wish of this page. */
export const signInWish: SignInWish = new SignInWish();

/** The wish as it is now. */
export function useSignInWish(): Wish {
  return useSyncExternalStore(
    (changed) => signInWish.listen(changed),
    () => signInWish.wish,
  );
}
