import { Badge, Tooltip } from "@mantine/core";
import { CircleDot, Radio, WifiOff } from "lucide-react";
import type { FeedState } from "../live/alert-feed.ts";
import { useFeedState } from "../live/use-feed-state.ts";

const notes = {
  connecting: {
    word: "Connecting",
    color: "gray",
    icon: CircleDot,
    help: "The live connection is being made",
  },
  live: { word: "Live", color: "teal", icon: Radio, help: "New alerts appear by themselves" },
  lost: {
    word: "Not live",
    color: "red",
    icon: WifiOff,
    help: "The live connection is lost; it is tried again, and what was missed will follow",
  },
} as const satisfies Record<FeedState, object>;

/** Says whether what is seen is live. */
export function LiveNote() {
  const { word, color, icon: Icon, help } = notes[useFeedState()];
  return (
    <Tooltip label={help}>
      <Badge
        variant="light"
        color={color}
        className={`note-${color}`}
        leftSection={<Icon size={12} aria-hidden />}
        tabIndex={0}
        role="status"
      >
        {word}
      </Badge>
    </Tooltip>
  );
}
