import { Button, Group, Kbd, Modal, Switch, Table } from "@mantine/core";
import { useDisclosure, useLocalStorage } from "@mantine/hooks";
import { Keyboard } from "lucide-react";
import { type Shortcuts, shortcutsSetting, useShortcuts } from "./alert-shortcuts.ts";

/** A key and what it does on this page. */
export interface KeyHelp {
  readonly key: string;
  readonly does: string;
}

interface KeysProps {
  readonly help: readonly KeyHelp[];
  readonly shortcuts: Shortcuts;
}

/** Makes single keys work on a page, and shows them: by `?` or by the button. They can be turned off. */
export function Keys({ help, shortcuts }: KeysProps) {
  const [open, { open: show, close }] = useDisclosure();
  const [on, setOn] = useLocalStorage({
    key: shortcutsSetting,
    defaultValue: true,
    getInitialValueInEffect: false,
  });
  useShortcuts({ ...shortcuts, "?": show }, on && !open);
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<Keyboard size={13} aria-hidden />}
        onClick={show}
        visibleFrom="xs"
      >
        Keys
      </Button>
      <KeysDialog {...{ help, open, close, on, setOn }} />
    </>
  );
}

interface DialogProps extends Pick<KeysProps, "help"> {
  readonly open: boolean;
  readonly close: () => void;
  readonly on: boolean;
  readonly setOn: (on: boolean) => void;
}

function KeysDialog({ help, open, close, on, setOn }: DialogProps) {
  return (
    // Locking the scroll would write a style element that the page's policy refuses.
    <Modal.Root opened={open} onClose={close} lockScroll={false}>
      <Modal.Overlay />
      <Modal.Content>
        <Modal.Body p="md">
          <Group justify="space-between" mb="sm">
            <Modal.Title fw={650}>Keys of this page</Modal.Title>
            <Modal.CloseButton aria-label="Close" />
          </Group>
          <KeyTable help={help} />
          <Switch
            mt="md"
            checked={on}
            onChange={(event) => setOn(event.currentTarget.checked)}
            label="Single keys work"
            description="Tab, Enter and the arrow keys do in any case"
          />
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function KeyTable({ help }: Pick<KeysProps, "help">) {
  return (
    <Table withRowBorders={false} verticalSpacing={4}>
      <Table.Tbody>
        {[...help, { key: "?", does: "show this" }].map(({ key, does }) => (
          <Table.Tr key={key}>
            <Table.Th scope="row" w="6rem">
              <Kbd>{key}</Kbd>
            </Table.Th>
            <Table.Td>{does}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
