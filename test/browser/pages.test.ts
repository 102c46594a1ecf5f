import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { anExample } from "./support/examples.ts";
import { anActiveHold } from "./support/scenes.ts";
import { browserVisits, type Device, devices, loaded, type Person } from "./support/visits.ts";

/** Written only when asked for: what is on the pages differs with each run. */
const screenshots =
  process.env.SCREENSHOTS === undefined
    ? undefined
    : fileURLToPath(new URL("../../docs/screenshots/", import.meta.url));
if (screenshots !== undefined) mkdirSync(screenshots, { recursive: true });

interface Visited {
  readonly name: string;
  readonly path: string | (() => Promise<string>);
  readonly person: Person | undefined;
  /** What is done on the page before it is looked at. */
  readonly act?: (page: Page) => Promise<void>;
}

const firstRowMenu = async (page: Page, item: RegExp) => {
  await page
    .getByRole("button", { name: /^Actions for/ })
    .first()
    .click();
  await page.getByRole("menuitem", { name: item }).click();
  await page.getByRole("dialog").waitFor();
};

const visited: readonly Visited[] = [
  { name: "sign-in", path: "/sign-in", person: undefined },
  { name: "approvals", path: "/approvals", person: "maya" },
  { name: "payout-schedules", path: "/payout-schedules", person: "maya" },
  {
    name: "payout-schedules-trigger",
    path: "/payout-schedules?status=failed",
    person: "maya",
    act: (page) => firstRowMenu(page, /^Trigger/),
  },
  { name: "escrow-holds", path: "/escrow-holds", person: "maya" },
  {
    name: "escrow-holds-release",
    path: async () => `/escrow-holds?payee_id=${(await anActiveHold()).payee_id}`,
    person: "maya",
    act: (page) => firstRowMenu(page, /^Release/),
  },
  {
    name: "escrow-holds-open",
    path: async () => `/escrow-holds?open=${(await anActiveHold()).id}`,
    person: "maya",
    act: (page) => page.getByRole("dialog").waitFor(),
  },
  {
    name: "command-palette",
    path: "/payout-schedules",
    person: "maya",
    act: async (page) => {
      await page.keyboard.press("Control+k");
      await page.getByRole("textbox", { name: "Command palette" }).fill("audit");
    },
  },
  { name: "payouts", path: "/payouts", person: "maya" },
  { name: "payout", path: async () => `/payouts/${await anExample("payout")}`, person: "maya" },
  { name: "transfers", path: "/transfers", person: "ada" },
  { name: "payees", path: "/payees", person: "ada" },
  { name: "payee", path: async () => `/payees/${await anExample("payee")}`, person: "ada" },
  { name: "audit-log", path: "/audit-log", person: "vera" },
  { name: "monitoring", path: "/monitoring", person: "ada" },
  { name: "roles", path: "/roles", person: "root" },
  { name: "settings", path: "/settings", person: "ada" },
];

const { during } = browserVisits();

describe.each(devices)("at $width px, $scheme", (device: Device) => {
  it.each(visited)(
    "$name has no serious accessibility violation and fits the screen",
    async ({ name, path, person, act }) => {
      const address = typeof path === "string" ? path : await path();
      await during(address, device, person, async ({ page }) => {
        await loaded(page);
        await act?.(page);
        await loaded(page);
        if (screenshots !== undefined) {
          await page.screenshot({
            path: `${screenshots}${name}-${device.width}-${device.scheme}.png`,
            animations: "disabled",
          });
        }
        expect(await seriousViolations(page)).toEqual([]);
        expect(await widthBeyondScreen(page)).toBeLessThanOrEqual(0);
      });
    },
  );
});

/** axe-core's rules of WCAG 2.2 A and AA and its best practices; what it calls serious or critical. */
async function seriousViolations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { axe: run } = globalThis as unknown as { axe: typeof import("axe-core") };
    const found = await run.run(document, { resultTypes: ["violations"] });
    return found.violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
  });
  return violations;
}

/** Pixels by which the page is wider than the window. */
async function widthBeyondScreen(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}
