import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { parseSearch, readListSearch, stringifySearch } from "../list/list-search.ts";
import type { ConsoleConfig } from "../session/config.ts";
import type { Opened } from "../session/open-console.ts";
import { NotFound, PageFailed, PagePending } from "./page-states.tsx";
import { Shell } from "./shell.tsx";

export interface RouterContext extends Opened {
  readonly config: ConsoleConfig;
}

const root = createRootRouteWithContext<RouterContext>()({ component: Outlet, notFoundComponent: NotFound });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: readListSearch,
  component: lazyRouteComponent(() => import("../session/sign-in-page.tsx"), "SignInPage"),
});

const signedIn = createRoute({
  getParentRoute: () => root,
  path: "/signed-in",
  component: lazyRouteComponent(() => import("../session/signed-in-page.tsx"), "SignedInPage"),
});

/** Everything else is for people who are signed in; the others are sent to sign in and come back. */
const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  beforeLoad: ({ context, location }) => {
    if (context.console !== undefined) return;
    const search = { to: location.href, ...(context.ended ? { ended: "yes" } : {}) };
    throw redirect({ to: "/sign-in", search });
  },
  component: Shell,
});

const home = createRoute({
  getParentRoute: () => inside,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/payout-schedules", search: {} });
  },
});

const at = <Path extends string>(path: Path) => ({
  getParentRoute: () => inside,
  path,
  validateSearch: readListSearch,
});

const routes = [
  home,
  createRoute({
    ...at("/approvals"),
    component: lazyRouteComponent(() => import("../features/approvals/approvals-page.tsx"), "ApprovalsPage"),
  }),
  createRoute({
    ...at("/payouts"),
    component: lazyRouteComponent(() => import("../features/payouts/payouts-page.tsx"), "PayoutsPage"),
  }),
  createRoute({
    ...at("/payouts/$id"),
    component: lazyRouteComponent(() => import("../features/payouts/payout-page.tsx"), "PayoutPage"),
  }),
  createRoute({
    ...at("/payout-schedules"),
    component: lazyRouteComponent(() => import("../features/schedules/schedules-page.tsx"), "SchedulesPage"),
  }),
  createRoute({
    ...at("/escrow-holds"),
    component: lazyRouteComponent(() => import("../features/holds/holds-page.tsx"), "HoldsPage"),
  }),
  createRoute({
    ...at("/transfers"),
    component: lazyRouteComponent(() => import("../features/transfers/transfers-page.tsx"), "TransfersPage"),
  }),
  createRoute({
    ...at("/payees"),
    component: lazyRouteComponent(() => import("../features/payees/payees-page.tsx"), "PayeesPage"),
  }),
  createRoute({
    ...at("/payees/$id"),
    component: lazyRouteComponent(() => import("../features/payees/payee-page.tsx"), "PayeePage"),
  }),
  createRoute({
    ...at("/audit-log"),
    component: lazyRouteComponent(() => import("../features/audit-log/audit-log-page.tsx"), "AuditLogPage"),
  }),
  createRoute({
    ...at("/monitoring"),
    component: lazyRouteComponent(() => import("../features/monitoring/monitoring-page.tsx"), "MonitoringPage"),
  }),
  createRoute({
    ...at("/roles"),
    component: lazyRouteComponent(() => import("../features/roles/roles-page.tsx"), "RolesPage"),
  }),
  createRoute({
    ...at("/settings"),
    component: lazyRouteComponent(() => import("../features/settings/settings-page.tsx"), "SettingsPage"),
  }),
] as const;

interface Loadable {
  readonly path?: string;
  readonly component?: { preload?: () => Promise<unknown> };
}

/** Begins to load the page of an address: while it comes, it is found out who is there. */
export function preloadPage(address: string): void {
  // Of the options that the library's types leave visible, none is the path.
  const pages: readonly Loadable[] = routes.map(({ options }) => options as Loadable);
  const page = pages.find(({ path = "" }) => new RegExp(`^${path.replace("$id", "[^/]+")}/?$`).test(address));
  void page?.component?.preload?.();
}

export function createConsoleRouter(context: RouterContext) {
  return createRouter({
    routeTree: root.addChildren([signIn, signedIn, inside.addChildren([...routes])]),
    context,
    parseSearch,
    stringifySearch,
    defaultPreload: "intent",
    defaultPendingComponent: PagePending,
    defaultErrorComponent: PageFailed,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
  interface HistoryState {
    /** Cursors of the pages before this one, for going back one at a time. */
    trail?: readonly string[];
  }
}
