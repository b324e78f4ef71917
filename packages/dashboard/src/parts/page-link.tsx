import { Anchor, type AnchorProps } from "@mantine/core";
import { createLink, type LinkComponent } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, Ref } from "react";

type PlainProps = AnchorProps &
  Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof AnchorProps> & {
    readonly ref?: Ref<HTMLAnchorElement>;
  };

function PlainAnchor(props: PlainProps) {
  return <Anchor {...props} />;
}

/** A link to a page of ours that looks like any link; address, parameters and search are checked by the compiler. */
export const PageLink: LinkComponent<typeof PlainAnchor> = createLink(PlainAnchor);
