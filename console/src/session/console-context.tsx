import { createContext, useContext } from "react";
import type { ApiClient } from "../api/console-api.ts";
import type { ConsoleConfig } from "./config.ts";
import { type Me, type Permission, whyNot } from "./me.ts";
import type { Session } from "./session.ts";

/** What every page of a signed-in person is given. */
export interface Console {
  readonly config: ConsoleConfig;
  readonly session: Session;
  readonly api: ApiClient;
  readonly me: Me;
}

const ConsoleContext = createContext<Console | undefined>(undefined);

export const ConsoleProvider = ConsoleContext.Provider;

/** Throws outside of the pages of a signed-in person. */
export function useConsole(): Console {
  const console = useContext(ConsoleContext);
  if (console === undefined) throw new Error("nobody is signed in here");
  return console;
}

export function useApi(): ApiClient {
  return useConsole().api;
}

export function useMay(permission: Permission): boolean {
  return useConsole().me.permissions.includes(permission);
}

/** Why the person may not, in words; undefined where they may. */
export function useWhyNot(permission: Permission): string | undefined {
  return whyNot(useConsole().me, permission);
}
