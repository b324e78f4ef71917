import { AppShell, Badge, Burger, Group, NavLink, Text, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { Activity, BellRing, FolderKanban, Gauge, Network, ScrollText, Siren } from "lucide-react";
import type { Session } from "../client/generated/auditflow.ts";
import { useDemo } from "../live/use-demo.ts";
import { HealthNote } from "../parts/health-note.tsx";
import { LiveNote } from "../parts/live-note.tsx";
import { SchemeSwitch } from "../parts/scheme-switch.tsx";
import { SessionLink } from "../parts/session-link.tsx";
import { Toast } from "../parts/toast.tsx";

const places = [
  { to: "/", label: "Overview", icon: Activity },
  { to: "/alerts", label: "Alerts", icon: Siren },
  { to: "/incidents", label: "Incidents", icon: FolderKanban },
  { to: "/rules", label: "Rules", icon: ScrollText },
  { to: "/channels", label: "Channels", icon: BellRing },
  { to: "/services", label: "Services", icon: Network },
  { to: "/generator", label: "Generator", icon: Gauge },
] as const;

/** The frame of every page: where one is, where one can go, whether what one sees is live. */
export function Shell({ session }: { readonly session: Session | undefined }) {
  const [open, { toggle, close }] = useDisclosure();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const demo = useDemo();
  return (
    <AppShell
      header={{ height: 48 }}
      navbar={{ width: 184, breakpoint: "sm", collapsed: { mobile: !open } }}
      padding="md"
    >
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={open} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Menu" />
            <img src="/favicon.svg" alt="" width={22} height={22} />
            <Text fw={650} size="lg" component="span">
              AuditFlow
            </Text>
            {demo ? (
              <Tooltip label="Synthetic events are among what you see: the generator makes them">
                <Badge color="yellow" variant="light" className="demo-badge" tabIndex={0}>
                  Demo data
                </Badge>
              </Tooltip>
            ) : null}
          </Group>
          <Group gap="sm" wrap="nowrap">
            <LiveNote />
            <SchemeSwitch />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Pages">
        {places.map(({ to, label, icon: Icon }) => (
          <NavLink
            key={to}
            renderRoot={(props) => <Link to={to} {...props} />}
            label={label}
            leftSection={<Icon size={16} aria-hidden />}
            active={to === "/" ? path === "/" : path.startsWith(to)}
            aria-current={(to === "/" ? path === "/" : path.startsWith(to)) ? "page" : undefined}
            onClick={close}
          />
        ))}
        <SessionLink session={session} />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <HealthNote />
        <Outlet />
      </AppShell.Main>
      <Toast />
    </AppShell>
  );
}
