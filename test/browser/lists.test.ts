import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { apiOf } from "./support/examples.ts";
import { shownIds } from "./support/list-page.ts";
import { aPendingSchedule, granted } from "./support/scenes.ts";
import { rowOf, searchOf, untilItSays, wordsOf } from "./support/steps.ts";
import { holdUp, isAt, overhear } from "./support/traffic.ts";
import { browserVisits, devices, loaded } from "./support/visits.ts";

const { during } = browserVisits();

const SCHEDULES = "/v2/payout-schedules";
/** How old what is on the screen may be. */
const POLL_MS = 10_000;

const pager = (page: Page) => page.getByRole("navigation", { name: "Pages of the list" });

async function totalOf(status: "pending" | "completed"): Promise<number> {
  const { data } = await granted(apiOf("vera").GET("/v2/payout-schedules/stats"));
  return data.by_status[status].count;
}

describe.each(devices)("every list at $width px, $scheme", (device) => {
  it("columns and saved views outlast a reload; a view is taken, and forgotten", async () => {
    await during("/payout-schedules?status=completed", device, "vera", async ({ page }) => {
      const set = (name: string) => page.locator(`td[data-label="${name}"]`);
      await set("Payout").first().waitFor();
      await page.getByRole("button", { name: "Columns" }).click();
      await page.getByRole("checkbox", { name: "Lateness" }).check();
      await page.getByRole("checkbox", { name: "Payout" }).uncheck();
      expect(await page.getByRole("checkbox", { name: "Payee" }).isDisabled()).toBe(true);
      await page.keyboard.press("Escape");
      await set("Payout").first().waitFor({ state: "detached" });
      await page.reload();
      await set("Lateness").first().waitFor();
      expect(await set("Payout").count()).toBe(0);

      const views = page.getByRole("dialog", { name: "Views" });
      const view = (name: string) => views.getByRole("button", { name, exact: true });
      const open = () => page.getByRole("button", { name: "Views" }).click();
      await open();
      await views.getByRole("textbox", { name: "Save this view as" }).fill("Lateness of what was paid");
      await view("Save").click();
      await open();
      await view("On their way").click();
      await expect.poll(() => searchOf(page).status).toBe("processing");
      await page.goto(new URL("/payout-schedules", page.url()).href);
      await set("Payout").first().waitFor();

      await open();
      await view("Lateness of what was paid").click();
      await expect.poll(() => searchOf(page).status).toBe("completed");
      await set("Lateness").first().waitFor();
      expect(await set("Payout").count()).toBe(0);
      await open();
      await view("Forget Lateness of what was paid").click();
      await page.reload();
      await open();
      await view("Failed").waitFor();
      expect(await view("Lateness of what was paid").count()).toBe(0);
    });
  });

  it("is ordered by date and by amount, and goes from page to page", async () => {
    await during("/payout-schedules?status=pending", device, "vera", async ({ page }) => {
      await page.locator("th").getByRole("button", { name: "Scheduled" }).click();
      await expect.poll(() => searchOf(page).sort).toBe("-date");
      await expectOrder(page, { sort: "-date" });
      await page.locator("th").getByRole("button", { name: "Amount" }).click();
      await page.getByRole("menuitem", { name: "Only USD, largest first" }).click();
      await expect.poll(() => searchOf(page).sort).toBe("-amount");
      await expectOrder(page, { sort: "-amount", currency: "USD" });

      await page.goto(new URL("/payout-schedules?status=pending", page.url()).href);
      const total = await totalOf("pending");
      await untilItSays(pager(page), `25 of ${total} schedules`);
      const first = await shownIds(page);
      const letGo = await holdUp(page, SCHEDULES);
      const next = pager(page).getByRole("button", { name: "Next" });
      await next.click();
      await untilItSays(pager(page), "page 2");
      // What comes after it isn't known before it is there.
      await next.click();
      letGo();
      await expect.poll(() => shownIds(page)).not.toEqual(first);
      expect(await wordsOf(pager(page))).toContain("page 2");
      const second = await shownIds(page);
      expect(second.length).toBe(25);
      expect(second.filter((id) => first.includes(id))).toEqual([]);
      await pager(page).getByRole("button", { name: "Back" }).click();
      await expect.poll(() => shownIds(page)).toEqual(first);
      expect(await pager(page).getByRole("button", { name: "Back" }).isDisabled()).toBe(true);

      await pager(page).getByLabel("Rows on a page").click();
      await page.getByRole("option", { name: "50 rows" }).click();
      await untilItSays(pager(page), `50 of ${total} schedules`);
      expect((await shownIds(page)).slice(0, 50)).toEqual([...first, ...second]);
      await page.reload();
      await untilItSays(pager(page), `50 of ${total} schedules`);
    });
  });

  it("all that the filters leave is exported, with progress; to a viewer it is explained why not", async () => {
    await during("/payout-schedules?status=completed", device, "olga", async ({ page }) => {
      await loaded(page);
      const total = await totalOf("completed");
      const letGo = await holdUp(page, `${SCHEDULES}/export`);
      await page.getByRole("button", { name: "Export" }).click();
      const dialog = page.getByRole("dialog", { name: "Export schedules" });
      await dialog.getByText(`All schedules that match the filters (${total}) as a CSV file`).waitFor();
      const file = page.waitForEvent("download");
      await dialog.getByRole("button", { name: "Export" }).click();
      await dialog.getByText(`0 of ${total} schedules`).waitFor();
      letGo();
      await dialog.getByText(`${total} schedules are in the file.`).waitFor();
      expect((await file).suggestedFilename()).toMatch(/^payout-schedules-\d{4}-\d{2}-\d{2}\.csv$/);
      const [header = "", ...rows] = readFileSync(await (await file).path(), "utf8")
        .trim()
        .split(/\r?\n/);
      expect(rows.length).toBe(total);
      const status = header.split(",").indexOf("status");
      expect(new Set(rows.map((row) => row.split(",")[status]))).toEqual(new Set(["completed"]));
    });
    await during("/payout-schedules", device, "vera", async ({ page }) => {
      const heard = overhear(page);
      await loaded(page);
      const button = page.getByRole("button", { name: "Export" });
      expect(await button.getAttribute("aria-disabled")).toBe("true");
      await button.hover();
      await page.getByRole("tooltip").filter({ hasText: "it takes operator or above" }).waitFor();
      await button.click({ force: true });
      expect(await page.getByRole("dialog").count()).toBe(0);
      expect(heard.filter(({ path }) => path.includes("/export"))).toEqual([]);
    });
  });

  it("what changes elsewhere is there within seconds; what hasn’t changed isn’t sent again", async () => {
    const schedule = await aPendingSchedule();
    await during(`/payout-schedules?payee_id=${schedule.payee_id}`, device, "vera", async ({ page }) => {
      await page.clock.install();
      await page.reload();
      await untilItSays(rowOf(page, schedule.id), "pending");
      await loaded(page);
      const heard = overhear(page);
      const lists = () => heard.filter(({ path }) => path.startsWith(`${SCHEDULES}?`)).map(({ status }) => status);
      await granted(
        apiOf("ada").DELETE("/v2/payout-schedules/{id}", {
          params: { path: { id: schedule.id }, query: { reason: "entered twice" } },
        }),
      );
      await page.clock.fastForward(POLL_MS);
      await untilItSays(rowOf(page, schedule.id), "cancelled");
      expect(lists()).toContain(200);
      await page.clock.fastForward(POLL_MS);
      await expect.poll(() => lists().at(-1)).toBe(304);
      expect(await wordsOf(rowOf(page, schedule.id))).toContain("cancelled");
    });
  });

  it("works by keyboard: search, rows, the palette", async () => {
    const { payout_id: payout, payee_id: payee, id } = await aPendingSchedule();
    await during("/payout-schedules", device, "pete", async ({ page }) => {
      await loaded(page);
      await page.keyboard.press("/");
      await page.keyboard.type(payee);
      await page.keyboard.press("Enter");
      await expect.poll(() => shownIds(page)).toEqual([id]);
      await page.keyboard.press("Tab");
      await page.keyboard.press("j");
      await page.keyboard.press("x");
      await page.getByText("1 selected").waitFor();
      await page.keyboard.press("Enter");
      await page.getByRole("dialog", { name: "Payout schedule" }).waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe(payee);

      await page.keyboard.press("Control+k");
      await page.getByRole("textbox", { name: "Command palette" }).waitFor();
      await page.keyboard.type(payout);
      await page.getByRole("button", { name: `Payout ${payout}` }).waitFor();
      await page.keyboard.press("Enter");
      await page.waitForURL(`**/payouts/${payout}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
    });
  });

  it("says when there is nothing, when the API fails, and when the address asks for nonsense", async () => {
    await during("/payout-schedules?payee_id=nobody-of-that-name", device, "vera", async ({ page, expects }) => {
      await page.getByText("No schedules match").waitFor();
      await page.getByRole("button", { name: "Show all" }).click();
      await page.locator("tr[data-id]").first().waitFor();

      expects(/status of (503|400)/);
      await page.route(isAt(SCHEDULES), (route) =>
        route.fulfill({
          status: 503,
          headers: { "access-control-allow-origin": "*", "content-type": "application/problem+json" },
          json: {
            type: "about:blank",
            title: "Others were quicker",
            status: 503,
            code: "busy",
            detail: "the table answers again soon",
            advice: "Nothing was written.",
            request_id: "req-1",
          },
        }),
      );
      await page.reload();
      const problem = page.getByRole("main").getByRole("alert");
      await untilItSays(
        problem,
        /^Others were quicker The table answers again soon\. Nothing was written\. Try again busy request req-1$/,
      );
      await page.unrouteAll();
      await problem.getByRole("button", { name: "Try again" }).click();
      await page.locator("tr[data-id]").first().waitFor();
      expect(await problem.count()).toBe(0);

      await page.goto(new URL("/payout-schedules?status=lost", page.url()).href);
      await untilItSays(problem, /Status must be one or more of pending, .* invalid_request/);
      await page.getByRole("button", { name: "Show all" }).click();
      await page.locator("tr[data-id]").first().waitFor();
    });
  });

  it("keeps the colours that somebody chose, on every page", async () => {
    const other = device.scheme === "dark" ? "light" : "dark";
    await during("/payout-schedules", device, "vera", async ({ page }) => {
      const scheme = () => page.locator("html").getAttribute("data-mantine-color-scheme");
      await page.getByRole("button", { name: `Use ${other} colours` }).waitFor();
      expect(await scheme()).toBe(device.scheme);
      await page.getByRole("button", { name: `Use ${other} colours` }).click();
      await expect.poll(scheme).toBe(other);
      await page.reload();
      await page.getByRole("button", { name: `Use ${device.scheme} colours` }).waitFor();
      expect(await scheme()).toBe(other);
      if (device.width === 390) await page.getByRole("button", { name: "Pages" }).click();
      await page.getByRole("link", { name: "Escrow holds" }).click();
      await page.getByRole("heading", { level: 1, name: "Escrow holds" }).waitFor();
      // On a phone the pages are out of the way again, for the keyboard as well.
      await expect.poll(() => page.getByRole("link", { name: "Payees" }).isVisible()).toBe(device.width === 1440);
      expect(await scheme()).toBe(other);
    });
  });
});

/** The rows are those of the API, in its order. */
async function expectOrder(page: Page, query: { sort: "-date" | "-amount"; currency?: string }): Promise<void> {
  const { data } = await granted(
    apiOf("vera").GET("/v2/payout-schedules", { params: { query: { status: ["pending"], limit: 25, ...query } } }),
  );
  const ids = data.map(({ id }) => id);
  await expect.poll(async () => (await shownIds(page)).slice(0, ids.length)).toEqual(ids);
}
