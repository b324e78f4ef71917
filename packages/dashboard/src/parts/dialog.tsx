import { Group, Modal } from "@mantine/core";
import type { ReactNode } from "react";

interface DialogProps {
  readonly title: string;
  readonly opened: boolean;
  readonly close: () => void;
  readonly children: ReactNode;
}

/** A question or a form over the page; Escape and a click beside it close it. */
export function Dialog({ title, opened, close, children }: DialogProps) {
  return (
    // Locking the scroll would write a style element that the page's policy refuses.
    <Modal.Root opened={opened} onClose={close} lockScroll={false}>
      <Modal.Overlay />
      <Modal.Content>
        <Modal.Body p="md">
          <Group justify="space-between" mb="sm" wrap="nowrap" align="flex-start">
            <Modal.Title fw={650}>{title}</Modal.Title>
            <Modal.CloseButton aria-label="Close the dialog" />
          </Group>
          {children}
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
