import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApiClient } from "../../client/api-client.ts";
import { clockNow, control } from "../../local/client.ts";
import { type RunningConsole, startConsole } from "./support/running-console.ts";
import { aPayout, eventually, holdOf, type Staff, transfersOf } from "./support/scenes.ts";
import { rowOf, untilItSays } from "./support/steps.ts";
import { browserVisits, type Device, devices, loaded, type Person, roles } from "./support/visits.ts";

const DAY_MS = 86_400_000;
const ORGANIZATION = "acme";

const { during } = browserVisits();

/** A cloud of its own: everything else that is tested goes by the clock of the one that all share. */
let running: RunningConsole;
beforeAll(async () => {
  running = await startConsole();
}, 150_000);
afterAll(() => running?.stop());

const as: Staff = (person: Person) =>
  createApiClient({
    baseUrl: running.endpoints.api,
    token: async () => {
      const wish = { sub: person, role: roles[person], organizationId: ORGANIZATION, expiresInSeconds: 31_536_000 };
      return (await control<{ access_token: string }>(running.endpoints.local, "/token", wish)).access_token;
    },
  });

/** `21 Nov 2026`: the day that the console's clock shows. */
async function dayShown(page: Page): Promise<string> {
  const label = await page.getByRole("button", { name: /^Time machine/ }).getAttribute("aria-label");
  return /\d+ \w+ \d{4}/.exec(label ?? "")?.[0] ?? "";
}

const spelledDay = (ms: number) =>
  new Date(ms).toLocaleDateString("en-GB", { day: "2-digit", month: "short", year: "numeric", timeZone: "UTC" });

describe.each(devices)("the time machine at $width px, $scheme", (device: Device) => {
  it.each([
    { step: "+ 1 day", days: 1 },
    { step: "+ 90 days", days: 90 },
  ])("$step: the clock shows it, and what has become due goes out", async ({ step, days }) => {
    const beforeMs = await clockNow(running.endpoints);
    const heldUntil = new Date(beforeMs + (days - 0.2) * DAY_MS).toISOString();
    const { id, payee_id: payeeId } = await aPayout({ as, held: 30_000, heldUntil, approvedBy: ["miro"] });
    const hold = await holdOf(id, as);
    await during(undefined, device, undefined, async ({ page }) => {
      await page.goto(`${running.endpoints.console}/escrow-holds?payee_id=${payeeId}`);
      await page.getByRole("button", { name: /^maya/ }).click();
      await untilItSays(rowOf(page, hold.id), /active/);
      await loaded(page);
      expect(await dayShown(page)).toBe(spelledDay(beforeMs));

      await page.getByRole("button", { name: /^Time machine/ }).click();
      await page.getByRole("menuitem", { name: step }).click();
      await page
        .getByRole("alert")
        .filter({ hasText: /^It is .* now/ })
        .waitFor({ timeout: 90_000 });
      const nowMs = await clockNow(running.endpoints);
      expect(nowMs - beforeMs).toBeGreaterThanOrEqual(days * DAY_MS);
      await expect.poll(() => dayShown(page)).toBe(spelledDay(nowMs));
      await untilItSays(rowOf(page, hold.id), /released/);
    });
    expect(await holdOf(id, as)).toMatchObject({ status: "released", released_by: "release-due" });
    await eventually(
      () => transfersOf(payeeId, as),
      ([transfer]) => transfer?.amount === 30_000 && transfer.status === "completed",
    );
  });
});
