import type { Locator, Page } from "playwright-core";
import { describe, expect, inject, it } from "vitest";
import { control } from "../../local/client.ts";
import { anExample, apiOf } from "./support/examples.ts";
import { DEMO_ORGANIZATION } from "./support/running-console.ts";
import { granted } from "./support/scenes.ts";
import { rowOf, searchOf, untilItSays, wordsOf } from "./support/steps.ts";
import { overhear } from "./support/traffic.ts";
import { browserVisits, type Device, devices, loaded } from "./support/visits.ts";

/** Every list, what stands on it, and what of it a viewer could be tempted by. */
const lists = [
  "/approvals",
  "/payout-schedules",
  "/escrow-holds",
  "/payouts",
  "/transfers",
  "/payees",
  "/audit-log",
  "/monitoring",
  "/roles",
  "/settings",
] as const;

/** What changes something, or takes data out, wherever it stands. */
const DEEDS =
  /^(approve|reject|create|cancel|retry|mark|stop|edit|replace|settle|send again|reverse|trigger|release|forfeit|extend|change|grant|revoke|pause|resume|redrive|process|export|show account numbers)\b/i;
/** A filter or a column may be called like a deed: the one opens a popover, the other is in a table's head. */
const deedsOn = (page: Page): Locator =>
  page.getByRole("main").getByRole("button", { name: DEEDS }).and(page.locator(":not([aria-haspopup=dialog], th *)"));

const { during } = browserVisits();

async function signIn(page: Page, person: string): Promise<void> {
  await page.getByRole("button", { name: new RegExp(`^${person}`) }).click();
  await page.getByRole("button", { name: `Signed in as ${person}` }).waitFor();
}

/** Names of the deeds that are open; those that are shut are marked so, for the keyboard and for readers as well. */
async function openOnes(deeds: Locator): Promise<readonly string[]> {
  return deeds.evaluateAll((buttons) =>
    buttons.flatMap((button) =>
      button.getAttribute("aria-disabled") === "true"
        ? []
        : [button.getAttribute("aria-label") ?? button.textContent ?? ""],
    ),
  );
}

describe.each(devices)("signing in and out at $width px, $scheme", (device: Device) => {
  it("lets somebody be chosen, leads to where they wanted to go, and out again", async () => {
    await during("/escrow-holds?status=active", device, undefined, async ({ page, url }) => {
      await page.getByRole("heading", { level: 1, name: "Payouts" }).waitFor();
      expect(await page.getByLabel("Organization").inputValue()).toBe(DEMO_ORGANIZATION);
      await signIn(page, "maya");
      await page.getByRole("heading", { level: 1, name: "Escrow holds" }).waitFor();
      expect(searchOf(page)).toEqual({ status: "active" });
      await loaded(page);

      await page.getByRole("button", { name: "Signed in as maya" }).click();
      await untilItSays(page.getByRole("menu"), /maya manager in acme/);
      await page.getByRole("menuitem", { name: "Sign out" }).click();
      await page.getByText("Who are you?").waitFor();
      await page.goto(`${url}/payouts`);
      await page.getByText("Who are you?").waitFor();
      expect(searchOf(page)).toEqual({ to: "/payouts" });
    });
  });

  it("a session that has ended leads to sign-in, says so, and back to where one was", async () => {
    const { api } = inject("endpoints");
    await during("/payouts?status=paid", device, undefined, async ({ page, url, expects }) => {
      await signIn(page, "vera");
      await loaded(page);
      expects(/401/);
      // From now on the API gets a token that it doesn't take.
      await page.route(`${api}/**`, (route) =>
        route.continue({ headers: { ...route.request().headers(), authorization: "Bearer ended" } }),
      );
      await page.getByTitle("Show payouts: failed").click();
      await page.getByText("Your session has ended.").waitFor();
      expect(searchOf(page)).toEqual({ to: "/payouts?status=failed", ended: "yes" });
      // Where the page is loaded anew with such a token it is the same.
      await page.evaluate(() => localStorage.setItem("payouts.local-token", "ended"));
      await page.goto(`${url}/payouts?status=paid`);
      await page.getByText("Your session has ended.").waitFor();
      expect(searchOf(page)).toEqual({ to: "/payouts?status=paid", ended: "yes" });
      await page.unroute(`${api}/**`);
      await signIn(page, "maya");
      await page.getByRole("heading", { level: 1, name: "Payouts" }).waitFor();
      expect(searchOf(page)).toEqual({ status: "paid" });
    });
  });

  it("a payee is told that the console is for staff", async () => {
    const { access_token: token } = await control<{ access_token: string }>(inject("endpoints").local, "/token", {
      sub: `payee-user-${device.width}-${device.scheme}`,
      role: "payee",
      organizationId: DEMO_ORGANIZATION,
      scopeId: await anExample("payee"),
    });
    await during("/sign-in", device, undefined, async ({ page, url }) => {
      await page.evaluate((value) => localStorage.setItem("payouts.local-token", value), token);
      await page.goto(`${url}/payouts`);
      await page.getByText("This console is for staff").waitFor();
      await untilItSays(page.getByRole("main"), /You are signed in as payee-user-.*, payee in acme/);
      expect(await page.getByRole("navigation").count()).toBe(0);
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByText("Who are you?").waitFor();
    });
  });
});

describe.each(devices)("what a viewer is offered at $width px, $scheme", (device: Device) => {
  it("no page and no record has a deed that is open to them, and nothing they see is refused", async () => {
    await during("/approvals", device, "vera", async ({ page, url }) => {
      const heard = overhear(page);
      for (const path of lists) {
        await page.goto(`${url}${path}`);
        await loaded(page);
        expect(await openOnes(deedsOn(page)), path).toEqual([]);
        const menus = page.getByRole("button", { name: /^Actions for/ });
        if ((await menus.count()) === 0) continue;
        await menus.first().click();
        const items = page.getByRole("menuitem");
        await items.first().waitFor();
        for (const item of await items.all()) {
          expect(await item.getAttribute("aria-disabled"), await wordsOf(item)).toBe("true");
          expect(await wordsOf(item)).toMatch(/Your role, viewer, doesn’t allow this/);
        }
        await items.first().press("Enter");
        expect(await page.getByRole("dialog").count()).toBe(0);
        await page.keyboard.press("Escape");
      }
      for (const path of ["/payout-schedules", "/escrow-holds", "/transfers"]) {
        await page.goto(`${url}${path}`);
        await loaded(page);
        const id = (await page.locator("tr[data-id]").first().getAttribute("data-id")) ?? "";
        await rowOf(page, id).locator("[data-open]").click();
        const drawer = page.getByRole("dialog");
        await drawer.getByText(id, { exact: true }).first().waitFor();
        expect(await openOnes(drawer.getByRole("button", { name: DEEDS })), path).toEqual([]);
      }
      for (const path of [`/payouts/${await anExample("payout")}`, `/payees/${await anExample("payee")}`]) {
        await page.goto(`${url}${path}`);
        await loaded(page);
        const deeds = page.getByRole("main").getByRole("button", { name: DEEDS });
        expect(await deeds.count(), path).toBeGreaterThan(0);
        expect(await openOnes(deeds), path).toEqual([]);
      }
      expect(heard.length).toBeGreaterThan(20);
      expect(heard.filter(({ status }) => status >= 400)).toEqual([]);
    });
  });
});

describe.each(devices)("demo data at $width px, $scheme", (device: Device) => {
  it("asked for again it says that it is there, and makes nothing twice", async () => {
    const counts = async () => {
      const [payouts, payees] = await Promise.all([
        granted(apiOf("vera").GET("/v2/payouts/stats")),
        granted(apiOf("vera").GET("/v2/payees", { params: { query: { limit: 1 } } })),
      ]);
      return [payouts.data.total, payees.pagination.total];
    };
    const before = await counts();
    await during("/payouts", device, "ada", async ({ page }) => {
      await loaded(page);
      await page.getByRole("button", { name: /^Time machine/ }).click();
      await page.getByRole("menuitem", { name: "Fill with demo data" }).click();
      await page.getByRole("alert").filter({ hasText: "The demo data was there already: nothing was added" }).waitFor();
    });
    expect(await counts()).toEqual(before);
  });
});
