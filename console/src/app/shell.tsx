import {
  ActionIcon,
  AppShell,
  Burger,
  Group,
  Kbd,
  NavLink,
  ScrollArea,
  Text,
  Tooltip,
  UnstyledButton,
} from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { Link, Outlet, useRouteContext, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { type Console, ConsoleProvider, useConsole } from "../session/console-context.tsx";
import { ColorSchemeSwitch } from "./color-scheme-switch.tsx";
import { NoRole } from "./no-role.tsx";
import { type Page, pages } from "./pages.ts";
import classes from "./shell.module.css";
import { TimeMachine } from "./time-machine.tsx";
import { UserMenu } from "./user-menu.tsx";

const CommandPalette = lazy(async () => ({ default: (await import("./command-palette.tsx")).CommandPalette }));

/** Around every page: where one can go, who one is, what time it is. */
export function Shell() {
  const { console } = useRouteContext({ from: "/inside" });
  if (console === undefined) throw new Error("nobody is signed in here");
  return <ConsoleProvider value={console}>{isStaff(console) ? <StaffShell /> : <NoRole />}</ConsoleProvider>;
}

const isStaff = ({ me }: Console) => me.permissions.includes("payouts.view");

function StaffShell() {
  const [opened, { toggle, close }] = useDisclosure();
  const [searching, setSearching] = useState(false);
  const { config } = useConsole();
  useHotkeys([
    ["mod+K", () => setSearching(true)],
    ["/", () => document.querySelector<HTMLInputElement>("[data-find]")?.focus()],
  ]);
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const reached = `${path}`;
  useEffect(() => {
    if (reached !== "") close();
  }, [reached, close]);

  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 216, breakpoint: "sm", collapsed: { mobile: !opened } }}
      padding={{ base: "sm", sm: "lg" }}
    >
      <a href="#main" className="skip-link">
        Skip to the content
      </a>
      <AppShell.Header className={classes.header}>
        <Group gap="xs" wrap="nowrap">
          <Burger
            opened={opened}
            onClick={toggle}
            hiddenFrom="sm"
            size="sm"
            aria-label="Pages"
            aria-expanded={opened}
          />
          <Link to="/" className={classes.brand}>
            <img src="/icon.svg" alt="" width={24} height={24} />
            <span>Payouts</span>
          </Link>
        </Group>
        <UnstyledButton className={classes.search} onClick={() => setSearching(true)} visibleFrom="sm">
          <IconSearch size={16} stroke={1.6} />
          <span>Go to, find, do …</span>
          <Kbd size="xs">Ctrl K</Kbd>
        </UnstyledButton>
        <Group gap={4} wrap="nowrap">
          <Tooltip label="Go to, find, do …">
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              hiddenFrom="sm"
              onClick={() => setSearching(true)}
              aria-label="Command palette"
            >
              <IconSearch size={18} stroke={1.6} />
            </ActionIcon>
          </Tooltip>
          {config.auth.kind === "local" && <TimeMachine auth={config.auth} />}
          <ColorSchemeSwitch />
          <UserMenu />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar
        p="xs"
        component="nav"
        aria-label="Pages"
        className={classes.navbar}
        data-opened={opened || undefined}
      >
        <AppShell.Section grow component={ScrollArea}>
          <Navigation />
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1} className={classes.main}>
        <Outlet />
      </AppShell.Main>
      {searching && (
        <Suspense fallback={null}>
          <CommandPalette onClose={() => setSearching(false)} />
        </Suspense>
      )}
    </AppShell>
  );
}

/** Pages that the person may see. */
export function usePages(): readonly Page[] {
  const { me } = useConsole();
  return pages.filter(({ needs, platform }) => me.permissions.includes(needs) && (!platform || me.platform_operator));
}

function Navigation() {
  const shown = usePages();
  const path = useRouterState({ select: ({ location }) => location.pathname });
  return (["Work", "Look up", "Run"] as const).map((group) => (
    <div key={group}>
      <Text className={classes.group}>{group}</Text>
      {shown
        .filter((page) => page.group === group)
        .map(({ path: to, title, icon: Icon }) => {
          const active = path === to || path.startsWith(`${to}/`);
          return (
            <NavLink
              key={to}
              renderRoot={(props) => <Link to={to} search={{}} preload="intent" {...props} />}
              label={title}
              leftSection={<Icon size={18} stroke={1.6} />}
              active={active}
              aria-current={active ? "page" : undefined}
              className={classes.link}
            />
          );
        })}
    </div>
  ));
}
