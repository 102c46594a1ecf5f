import type { ConsoleConfig } from "../../console/src/session/config.ts";

/** Where the development server of `npm run console` listens: beside the console that `npm start` serves. */
export const DEVELOPMENT_PORT = 5174;

/** The `/config.json` of a console on this machine: anybody signs in as whoever they like. */
export function localConfiguration({ api, local }: { api: string; local: string }): ConsoleConfig {
  return { api, auth: { kind: "local", controls: local } };
}

/** What a browser may call a page of this machine that is served at a port. */
export function originsOf(port: number): string[] {
  return [`http://127.0.0.1:${port}`, `http://localhost:${port}`];
}
