import { Box, Button, Code, Group, List, Paper, PasswordInput, Stack, Text, Title } from "@mantine/core";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { ProblemError } from "../client/call.ts";
import { problemWords } from "../client/problem-words.ts";
import { signInWish } from "../live/sign-in-wish.ts";
import { useSignIn } from "../live/use-session.ts";
import { SchemeSwitch } from "../parts/scheme-switch.tsx";

interface SignInProps {
  /** What the service said when it refused something. */
  readonly why: string | undefined;
  /** Whether one can go on without. */
  readonly isOptional: boolean;
}

/** What stands in place of every page until the person has shown the token. */
export function SignInPage({ why, isOptional }: SignInProps) {
  useEffect(() => {
    const before = document.title;
    document.title = "Sign in - AuditFlow";
    return () => {
      document.title = before;
    };
  }, []);
  return (
    <>
      <Group component="header" h={48} px="md" justify="space-between" wrap="nowrap">
        <Group gap="sm" wrap="nowrap">
          <img src="/favicon.svg" alt="" width={22} height={22} />
          <Text fw={650} size="lg" component="span">
            AuditFlow
          </Text>
        </Group>
        <SchemeSwitch />
      </Group>
      <Box component="main" px="md" py="xl">
        <Paper withBorder p="lg" maw="28rem" mx="auto">
          <Stack gap="md">
            <Title order={1}>Sign in</Title>
            <TokenForm why={why} isOptional={isOptional} />
            <WhereTheTokenIs />
          </Stack>
        </Paper>
      </Box>
    </>
  );
}

function TokenForm({ why, isOptional }: SignInProps) {
  const [token, setToken] = useState("");
  const [isEmpty, setEmpty] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const signIn = useSignIn();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setEmpty(token.trim() === "");
    if (token.trim() === "") field.current?.focus();
    else if (!signIn.isPending) signIn.mutate(token.trim(), { onError: () => again(field.current) });
  };
  const fault = isEmpty ? "Enter the token" : signIn.error === null ? undefined : words(signIn.error);
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        {why === undefined ? null : <Text size="sm">{why}.</Text>}
        <PasswordInput
          ref={field}
          label="Token"
          name="token"
          required
          withAsterisk={false}
          autoFocus
          autoComplete="current-password"
          value={token}
          error={fault === undefined ? undefined : <span role="alert">{fault}</span>}
          onChange={(event) => setToken(event.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": "Show or hide the token", tabIndex: 0 }}
        />
        <Group justify="flex-end" gap="xs">
          {isOptional ? (
            <Button size="sm" variant="default" onClick={() => signInWish.settle()}>
              Go on without
            </Button>
          ) : null}
          <Button size="sm" type="submit" loading={signIn.isPending}>
            Sign in
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** What is typed next takes the place of what was wrong. */
function again(field: HTMLInputElement | null): void {
  field?.focus();
  field?.select();
}

/** The general advice on a refused call, to send a token, is what the person is at. */
function words(error: Error): string {
  return error instanceof ProblemError && error.status === 401 ? `${error.message}.` : problemWords(error);
}

function WhereTheTokenIs() {
  return (
    <Stack gap={4}>
      <Text size="sm" fw={600} component="h2">
        Where the token is
      </Text>
      <List size="sm" c="dimmed" spacing={4}>
        <List.Item>
          In a container: <Code>docker exec CONTAINER auditflow token</Code> prints it.
        </List.Item>
        <List.Item>
          On the machine that runs AuditFlow: <Code>auditflow token</Code>, or the file <Code>token</Code> in
          its data folder.
        </List.Item>
        <List.Item>
          On Kubernetes, and wherever <Code>AUDITFLOW_API_TOKEN</Code> is set: in the secret that it was
          installed with.
        </List.Item>
      </List>
    </Stack>
  );
}
