import type { Page, Request } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { components, operations } from "../../client/api-types.ts";
import { apiOf } from "./support/examples.ts";
import { cardText, filtersOf, selectRows, shownIds } from "./support/list-page.ts";
import {
  aFailedSchedule,
  aPayee,
  aPendingSchedule,
  granted,
  holdOf,
  scheduleOf,
  transfersOf,
} from "./support/scenes.ts";
import { choose, confirm, dialogOf, openMenu, rowOf, searchOf } from "./support/steps.ts";
import { isAt, keyOf, overhear } from "./support/traffic.ts";
import { browserVisits, devices, loaded } from "./support/visits.ts";

type Schedule = components["schemas"]["PayoutSchedule"];
type Query = operations["listPayoutSchedules"]["parameters"]["query"];

const PAGE_SIZE = 25;

const cards = [
  ["Pending", "pending"],
  ["On their way", "processing"],
  ["Processed", "completed"],
  ["Failed", "failed"],
] as const;

const { during } = browserVisits();

const listOf = ({ payee_id }: Schedule) => `/payout-schedules?payee_id=${payee_id}`;

async function statsNow() {
  return (await granted(apiOf("vera").GET("/v2/payout-schedules/stats"))).data;
}

/** The first page of the list as the API has it: a short page of its own goes on in the next. */
async function firstIds(query: Query): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const asked = { ...query, limit: PAGE_SIZE, ...(cursor === undefined ? {} : { cursor }) };
    const { data, pagination } = await granted(apiOf("vera").GET("/v2/payout-schedules", { params: { query: asked } }));
    ids.push(...data.map(({ id }) => id));
    if (ids.length >= PAGE_SIZE || pagination.next_cursor === null) return ids.slice(0, PAGE_SIZE);
    cursor = pagination.next_cursor;
  }
}

async function completedTransfers(payeeId: string): Promise<number> {
  return (await transfersOf(payeeId)).filter(({ status }) => status === "completed").length;
}

async function cancelByApi(id: string): Promise<void> {
  await granted(
    apiOf("ada").DELETE("/v2/payout-schedules/{id}", { params: { path: { id }, query: { reason: "entered twice" } } }),
  );
}

async function searchFor(page: Page, id: string): Promise<void> {
  await page.getByRole("textbox", { name: "Search schedules" }).fill(id);
  await page.keyboard.press("Enter");
}

describe.each(devices)("payout schedules at $width px, $scheme", (device) => {
  it("figures are the API’s, and show what they count when they are pressed", async () => {
    await during("/payout-schedules", device, "maya", async ({ page }) => {
      const figures = page.getByRole("region", { name: "Payout schedules in figures" });
      const card = (title: string) => figures.getByRole("button", { name: new RegExp(`^${title}`) });
      await expect
        .poll(async () => {
          const { by_status: by } = await statsNow();
          const texts = await Promise.all(cards.map(([title]) => card(title).textContent()));
          return texts.filter((text, index) => {
            const [title, status] = cards[index] ?? ["", "pending"];
            return text !== cardText(title, by[status]);
          });
        })
        .toEqual([]);

      const { by_status: by, total } = await statsNow();
      expect(await card("Total").textContent()).toContain(`Total${total.toLocaleString("en-US")}`);
      await card("Failed").click();
      await expect.poll(() => searchOf(page).status).toBe("failed");
      await page.getByText(`${by.failed.count} of ${by.failed.count} schedules`).waitFor();
      expect(await shownIds(page)).toEqual(await firstIds({ status: ["failed"] }));
      await card("Total").click();
      await expect.poll(() => searchOf(page).status).toBeUndefined();
    });
  });

  it("filters are in the address, and there again after a reload; ids are found among all", async () => {
    await during("/payout-schedules", device, "vera", async ({ page }) => {
      await loaded(page);
      const filters = await filtersOf(page, device);
      await filters.getByRole("button", { name: "Status", exact: true }).click();
      await page.getByRole("checkbox", { name: "Pending" }).check();
      await page.getByRole("checkbox", { name: "Cancelled" }).check();
      await page.keyboard.press("Escape");
      await filters.getByRole("button", { name: "Trigger", exact: true }).click();
      await page.getByRole("checkbox", { name: "Manual" }).check();
      await page.getByRole("checkbox", { name: "Guarantee period end" }).check();
      await page.keyboard.press("Escape");
      await filters.getByRole("button", { name: "Scheduled", exact: true }).click();
      await page.getByRole("button", { name: "Next 30 days" }).click();
      await page.keyboard.press("Escape");

      await expect.poll(() => searchOf(page).to).toBeDefined();
      const [from, to] = [searchOf(page).from ?? "", searchOf(page).to ?? ""];
      expect(Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000)).toBe(30);
      expect(searchOf(page).status).toBe("pending,cancelled");
      expect(searchOf(page).trigger_event).toBe("manual,guarantee_period_end");
      const expected = await firstIds({
        status: ["pending", "cancelled"],
        trigger_event: ["manual", "guarantee_period_end"],
        from,
        to,
      });
      expect(expected.length).toBeGreaterThan(0);
      await expect.poll(() => shownIds(page)).toEqual(expected);

      await page.reload();
      await expect.poll(() => shownIds(page)).toEqual(expected);
      await page.getByRole("button", { name: "Status: Pending, Cancelled" }).waitFor();
      await page.getByRole("button", { name: "Trigger: Manual, Guarantee period end" }).waitFor();
      await page.getByRole("button", { name: "Clear filters" }).click();
      await expect.poll(() => new URL(page.url()).search).toBe("");

      const { data } = await granted(
        apiOf("vera").GET("/v2/payout-schedules", { params: { query: { status: ["completed"], limit: 1 } } }),
      );
      const [one] = data;
      if (one?.placement_id == null) throw new Error("the demo data has no paid schedule of a placement");
      for (const id of [one.payout_id, one.payee_id, one.placement_id]) {
        await searchFor(page, id);
        await expect.poll(() => searchOf(page).q).toBe(id);
        const found = await firstIds({ q: id });
        expect(found).toContain(one.id);
        await expect.poll(() => shownIds(page)).toEqual(found);
      }
    });
  });

  it("a failed one tells why, and is sent again: once, however often it is confirmed", async () => {
    const schedule = await aFailedSchedule();
    await during(listOf(schedule), device, "pete", async ({ page }) => {
      const row = rowOf(page, schedule.id);
      const reason = schedule.failure_reason ?? "";
      expect(reason).not.toBe("");
      await loaded(page);
      await row.getByText("failed").hover();
      await page.getByRole("tooltip").filter({ hasText: reason }).waitFor();
      await page.getByRole("heading", { level: 1 }).hover();
      await page.getByRole("tooltip").waitFor({ state: "hidden" });
      await row.getByRole("button", { name: schedule.payee_id }).focus();
      await page.keyboard.press("Tab");
      await page.getByRole("tooltip").filter({ hasText: reason }).waitFor();

      const heard = overhear(page);
      const dialog = await choose(page, schedule.id, { item: "Trigger now", title: "Trigger a failed schedule again" });
      await dialog.getByText(`800.00 USD will be sent to ${schedule.payee_id} now`).waitFor();
      await dialog.getByText(`It failed for this reason: ${reason}`).waitFor();
      await dialog.getByRole("button", { name: "Send 800.00 USD again" }).dblclick();
      await page.getByRole("alert").filter({ hasText: "Triggered: the money is on its way" }).waitFor();
      await row.getByText("completed").waitFor();
      expect(await completedTransfers(schedule.payee_id)).toBe(1);
      expect((await scheduleOf(schedule.payout_id)).status).toBe("completed");
      const keys = heard.filter(({ method }) => method === "POST").map(({ idempotencyKey }) => idempotencyKey);
      expect(new Set(keys).size).toBe(1);
      // What hasn't changed since is asked for often, and comes without a body.
      await expect.poll(() => heard.map(({ status }) => status)).toContain(304);
    });
  });

  it("a lost answer is called that; trying again is the same request, and acts once", async () => {
    const schedule = await aPendingSchedule();
    await during(listOf(schedule), device, "pete", async ({ page, expects }) => {
      expects(/net::ERR_FAILED/);
      const sent: Request[] = [];
      await page.route(isAt(`/v2/payout-schedules/${schedule.id}/trigger`), async (route) => {
        if (route.request().method() !== "POST") return route.continue();
        sent.push(route.request());
        if (sent.length > 1) return route.continue();
        const answer = await route.fetch();
        expect(answer.status()).toBe(200);
        return route.abort();
      });
      const dialog = await choose(page, schedule.id, { item: "Trigger now", title: "Trigger a schedule" });
      await dialog.getByRole("button", { name: "Send 800.00 USD" }).click();
      await dialog.getByText("It isn’t known whether it was done.").waitFor();
      await confirm(page, dialog, { button: "Send 800.00 USD", said: "Triggered: the money is on its way" });
      await rowOf(page, schedule.id).getByText("completed").waitFor();
      expect(sent.map(keyOf)).toEqual([expect.stringMatching(/^[\da-f-]{36}$/), sent[0] && keyOf(sent[0])]);
      expect(await completedTransfers(schedule.payee_id)).toBe(1);
    });
  });

  it("one is cancelled with a reason; another that somebody cancelled meanwhile is refused in the API’s words", async () => {
    const { id: payeeId } = await aPayee();
    const schedule = await aPendingSchedule({ payeeId });
    const other = await aPendingSchedule({ payeeId, amount: 70_000 });
    await during(listOf(schedule), device, "pete", async ({ page, expects }) => {
      const cancel = await choose(page, schedule.id, { item: "Cancel", title: "Cancel a schedule" });
      await cancel.getByText(`800.00 USD will no longer be paid to ${payeeId}`).waitFor();
      await cancel.getByRole("button", { name: "Cancel 800.00 USD" }).click();
      await cancel.getByText("A reason").waitFor();
      await cancel.getByRole("textbox", { name: "Reason" }).fill("the placement fell through");
      await confirm(page, cancel, { button: "Cancel 800.00 USD", said: "Cancelled" });
      await rowOf(page, schedule.id).getByText("cancelled").waitFor();
      const cancelled = await scheduleOf(schedule.payout_id);
      expect([cancelled.status, cancelled.failure_reason]).toEqual(["cancelled", "the placement fell through"]);

      const trigger = await choose(page, other.id, { item: "Trigger now", title: "Trigger a schedule" });
      const send = trigger.getByRole("button", { name: "Send 700.00 USD" });
      await expect.poll(() => send.isEnabled()).toBe(true);
      await cancelByApi(other.id);
      expects(/status of 409/);
      const refusal = page.waitForResponse((response) => response.status() === 409);
      await send.click();
      const { title, code, advice }: components["schemas"]["Problem"] = await (await refusal).json();
      const said = trigger.getByRole("alert");
      for (const words of [title, code, advice]) await said.getByText(words).first().waitFor();
      await rowOf(page, other.id).getByText("cancelled").waitFor();
      expect(await completedTransfers(payeeId)).toBe(0);
    });
  });

  it("several are triggered at once; what duty bars is said beforehand of one, and listed of many", async () => {
    const { id: payeeId } = await aPayee();
    const sendable = await aPendingSchedule({ payeeId });
    const own = await aPendingSchedule({ payeeId, amount: 70_000, approvedBy: ["maya"] });
    await during(listOf(own), device, "maya", async ({ page }) => {
      const one = await choose(page, own.id, { item: "Trigger now", title: "Trigger a schedule" });
      await one.getByText("You approved this payout, so somebody else sends it").waitFor();
      expect(await one.getByRole("button", { name: "Send 700.00 USD" }).isDisabled()).toBe(true);
      await one.getByRole("button", { name: "Not now" }).click();
      await one.waitFor({ state: "hidden" });

      const bar = await selectRows(page, [sendable.id, own.id]);
      await bar.getByText("2 selected").waitFor();
      await bar.getByRole("button", { name: "Trigger 2" }).click();
      const both = await dialogOf(page, "Trigger 2 schedules");
      await both.getByText("1,500.00 USD will be sent to 1 payee now.").waitFor();
      await both.getByRole("button", { name: "Send 1,500.00 USD" }).click();
      await page.getByText("1 schedule triggered. 1 refused:").waitFor();
      const refused = page.getByRole("dialog").getByRole("listitem");
      expect(await refused.count()).toBe(1);
      expect(await refused.getByTitle(own.id).count()).toBe(1);
      await refused.getByText(/approve/i).waitFor();
      await page.getByRole("button", { name: "Close", exact: true }).last().click();
      await rowOf(page, sendable.id).getByText("completed").waitFor();
      expect((await scheduleOf(sendable.payout_id)).status).toBe("completed");
      expect((await scheduleOf(own.payout_id)).status).toBe("pending");
    });
  });

  it("a pending one gets another date, is split, and is held back in part", async () => {
    const schedule = await aPendingSchedule();
    const year = new Date().getUTCFullYear() + 2;
    await during(listOf(schedule), device, "maya", async ({ page }) => {
      const date = await choose(page, schedule.id, { item: "Change the date", title: "Change the date of a schedule" });
      await date.getByRole("textbox", { name: "Paid on" }).fill(`${year}-03-01`);
      await page.keyboard.press("Tab");
      await date.getByText(`800.00 USD is paid to ${schedule.payee_id} on 01 Mar ${year}, 00:00`).waitFor();
      await confirm(page, date, { button: "Change the date", said: `Paid on 01 Mar ${year}` });
      await rowOf(page, schedule.id).getByText(`01 Mar ${year}`).waitFor();

      const split = await choose(page, schedule.id, { item: "Split", title: "Split a schedule" });
      await split.getByRole("textbox", { name: "Amount of the new schedule" }).pressSequentially("100.50");
      await split.getByText("100.50 USD becomes a schedule of its own, paid once somebody triggers it").waitFor();
      await confirm(page, split, { button: "Split off 100.50 USD", said: "100.50 USD has its own schedule now" });
      await expect.poll(() => page.locator("tr[data-id]").count()).toBe(2);

      const hold = await choose(page, schedule.id, { item: "Hold back", title: "Hold part of a schedule back" });
      await hold.getByRole("textbox", { name: "Held back" }).pressSequentially("200");
      await hold.getByRole("textbox", { name: "Until" }).fill(`${year}-04-01`);
      await page.keyboard.press("Tab");
      await hold.getByRole("textbox", { name: "Reason" }).fill("the client disputes the start date");
      await hold.getByText("499.50 USD is paid as scheduled").waitFor();
      await confirm(page, hold, { button: "Hold 200.00 USD back", said: `200.00 USD is held until 01 Apr ${year}` });
      await rowOf(page, schedule.id).getByText("499.50").waitFor();

      const { data: parts } = await granted(
        apiOf("vera").GET("/v2/payout-schedules", { params: { query: { payout_id: schedule.payout_id } } }),
      );
      expect(parts.map(({ amount, scheduled_date: on }) => [amount, on])).toEqual(
        expect.arrayContaining([
          [49_950, `${year}-03-01T00:00:00.000Z`],
          [10_050, null],
        ]),
      );
      const held = await holdOf(schedule.payout_id);
      expect([held.hold_amount, held.hold_reason, held.reason]).toEqual([
        20_000,
        "dispute",
        "the client disputes the start date",
      ]);
    });
  });

  it("a viewer can do nothing, is told why, and is never refused", async () => {
    const schedule = await aPendingSchedule();
    await during(listOf(schedule), device, "vera", async ({ page }) => {
      const heard = overhear(page);
      const menu = await openMenu(page, schedule.id);
      const items = menu.getByRole("menuitem");
      await items.first().waitFor();
      expect(await items.count()).toBe(5);
      for (const item of await items.all()) {
        expect(await item.getAttribute("aria-disabled")).toBe("true");
        expect(await item.innerText()).toContain("Your role, viewer, doesn’t allow this");
      }
      await items.first().click({ force: true });
      await page.keyboard.press("Escape");

      const bar = await selectRows(page, [schedule.id]);
      const bulk = bar.getByRole("button", { name: "Trigger 1" });
      expect(await bulk.getAttribute("aria-disabled")).toBe("true");
      await bulk.click({ force: true });
      await page.getByRole("tooltip").filter({ hasText: "it takes processor or above" }).waitFor();

      await rowOf(page, schedule.id).getByRole("button", { name: schedule.payee_id }).click();
      const drawer = await dialogOf(page, "Payout schedule");
      for (const action of ["Trigger now", "Change the date", "Split", "Hold back", "Cancel"]) {
        const button = drawer.getByRole("button", { name: action, exact: true });
        expect(await button.getAttribute("aria-disabled")).toBe("true");
        await button.click({ force: true });
      }
      await drawer.getByText("by olga").first().waitFor();
      expect(await page.getByRole("dialog").count()).toBe(1);
      expect(heard.filter(({ status, method }) => status === 403 || method !== "GET")).toEqual([]);
      expect(heard.length).toBeGreaterThan(0);
    });
  });
});
