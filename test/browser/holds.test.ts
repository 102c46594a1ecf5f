import { beforeAll, describe, expect, inject, it } from "vitest";
import type { components } from "../../client/api-types.ts";
import { control } from "../../local/client.ts";
import { apiOf } from "./support/examples.ts";
import { selectRows, shownIds, written } from "./support/list-page.ts";
import { aDueHold, anActiveHold, aPayee, granted, holdOf, transfersOf } from "./support/scenes.ts";
import { choose, confirm, dialogOf, openMenu, rowOf, searchOf, untilItSays, wordsOf } from "./support/steps.ts";
import { overhear } from "./support/traffic.ts";
import { browserVisits, devices } from "./support/visits.ts";

type Hold = components["schemas"]["EscrowHold"];

/** Marks go by the minute. */
const NEXT_MINUTE = { timeout: 70_000, interval: 200 };

const { during } = browserVisits();

const listOf = ({ payee_id }: Hold) => `/escrow-holds?payee_id=${payee_id}`;

async function paidTo(payeeId: string): Promise<readonly number[]> {
  const transfers = await transfersOf(payeeId);
  return transfers.filter(({ status }) => status === "completed").map(({ amount }) => amount);
}

let due: Hold;
beforeAll(async () => {
  due = await aDueHold();
});

describe.each(devices)("escrow holds at $width px, $scheme", (device) => {
  it("all of a hold is released early; beside the decision stands how its transfer goes", async () => {
    const { id: payeeId, account } = await aPayee();
    const hold = await anActiveHold({ payeeId });
    await control(inject("endpoints").stripe, "/_control/faults", {
      match: { destination: account },
      fault: "slow",
      delayRealMs: 2_500,
      count: 1,
    });
    await during(listOf(hold), device, "maya", async ({ page }) => {
      const dialog = await choose(page, hold.id, { item: "Release", title: "Release a hold early" });
      await untilItSays(dialog, new RegExp(`300\\.00 USD goes to ${payeeId} now, \\d+ days before its date, `));
      await confirm(page, dialog, { button: "Release 300.00 USD", said: "Released: the money is on its way" });
      const row = rowOf(page, hold.id);
      await untilItSays(row, /released transfer (pending|processing)/);
      await untilItSays(row, /released paid/);
      const released = await holdOf(hold.payout_id);
      expect([released.status, released.transfer_status, released.released_by]).toEqual([
        "released",
        "completed",
        "maya",
      ]);
      expect(await paidTo(payeeId)).toEqual([30_000]);
    });
  });

  it("a part is released with notes, as it is typed; the rest stays held", async () => {
    const hold = await anActiveHold();
    await during(listOf(hold), device, "maya", async ({ page }) => {
      const dialog = await choose(page, hold.id, { item: "Release", title: "Release a hold early" });
      await dialog.getByText("A part", { exact: true }).click();
      await dialog.getByRole("button", { name: "Release a part" }).click();
      await dialog.getByText("An amount").waitFor();
      const amount = dialog.getByRole("textbox", { name: "Release" });
      await amount.pressSequentially("300.01");
      await dialog.getByRole("button", { name: "Release 300.01 USD" }).click();
      await dialog.getByText("At most 300.00 USD").waitFor();
      await amount.fill("");
      await amount.pressSequentially("100.50");
      await untilItSays(dialog, /100\.50 USD goes to .* 199\.50 USD stays held until/);
      await dialog.getByRole("textbox", { name: "Notes" }).fill("the first month\nhas passed");
      expect(await amount.inputValue()).toBe("100.50 USD");
      await confirm(page, dialog, { button: "Release 100.50 USD", said: "Released: the money is on its way" });
      await untilItSays(rowOf(page, hold.id), /199\.50 USD of 300\.00 active a part paid/);
      const rest = await holdOf(hold.payout_id);
      expect([rest.status, rest.hold_amount, rest.original_amount]).toEqual(["active", 19_950, 30_000]);
      expect(rest.release_notes).toBe("the first month has passed");
      expect(await paidTo(hold.payee_id)).toEqual([10_050]);
    });
  });

  it("holds are extended, forfeited and cancelled, each with its reason", async () => {
    const { id: payeeId } = await aPayee();
    const extended = await anActiveHold({ payeeId });
    const forfeited = await anActiveHold({ payeeId, held: 20_000 });
    const cancelled = await anActiveHold({ payeeId, held: 10_000 });
    const year = new Date().getUTCFullYear() + 2;
    await during(listOf(extended), device, "ada", async ({ page }) => {
      const extend = await choose(page, extended.id, { item: "Extend", title: "Extend a hold" });
      await extend.getByRole("button", { name: "Extend" }).click();
      await extend.getByText("A reason", { exact: true }).waitFor();
      await extend.getByRole("textbox", { name: "Held until" }).fill(`${year}-03-01`);
      await page.keyboard.press("Tab");
      await extend.getByRole("textbox", { name: "Reason" }).fill("the dispute goes on");
      await untilItSays(extend, new RegExp(`300\\.00 USD for ${payeeId} stays held until 01 Mar ${year}, 00:00`));
      await confirm(page, extend, { button: "Extend", said: `Held until 01 Mar ${year}` });
      await untilItSays(rowOf(page, extended.id), `01 Mar ${year}`);

      const forfeit = await choose(page, forfeited.id, { item: "Forfeit", title: "Forfeit a hold" });
      await untilItSays(forfeit, `${payeeId} loses 200.00 USD`);
      await forfeit.getByRole("textbox", { name: "Reason" }).fill("the candidate left");
      await confirm(page, forfeit, { button: "Forfeit 200.00 USD", said: "200.00 USD forfeited" });
      await untilItSays(rowOf(page, forfeited.id), "forfeited");

      const cancel = await choose(page, cancelled.id, { item: "Cancel", title: "Cancel a hold" });
      await untilItSays(cancel, `100.00 USD is no longer promised to ${payeeId}`);
      await cancel.getByRole("textbox", { name: "Reason" }).fill("entered twice");
      await confirm(page, cancel, { button: "Cancel 100.00 USD", said: "100.00 USD cancelled" });
      await untilItSays(rowOf(page, cancelled.id), "cancelled");

      expect((await holdOf(extended.payout_id)).release_date).toBe(`${year}-03-01T00:00:00.000Z`);
      expect((await holdOf(forfeited.payout_id)).status).toBe("forfeited");
      expect((await holdOf(cancelled.payout_id)).status).toBe("cancelled");
      expect(await paidTo(payeeId)).toEqual([]);

      const menu = await openMenu(page, forfeited.id);
      await untilItSays(menu, /^Release It is forfeited$/);
    });
  });

  it("several are released at once; what duty bars is said beforehand of one, and listed of many", async () => {
    const { id: payeeId } = await aPayee();
    const releasable = await anActiveHold({ payeeId });
    const own = await anActiveHold({ payeeId, held: 20_000, approvedBy: ["maya"] });
    await during(listOf(own), device, "maya", async ({ page }) => {
      const one = await choose(page, own.id, { item: "Release", title: "Release a hold early" });
      await one.getByText("You approved this payout, so somebody else sends it").waitFor();
      expect(await one.getByRole("button", { name: "Release 200.00 USD" }).isDisabled()).toBe(true);
      await page.keyboard.press("Escape");
      await one.waitFor({ state: "detached" });

      const bar = await selectRows(page, [releasable.id, own.id]);
      await bar.getByRole("button", { name: "Release 2" }).click();
      const both = dialogOf(page, "Release 2 holds");
      await untilItSays(both, /500\.00 USD goes to 1 payee now.* 2 of them, 500\.00 USD, before their date/);
      await both.getByRole("textbox", { name: "Notes" }).fill("the client confirmed");
      await both.getByRole("button", { name: "Release 500.00 USD" }).click();
      await both.getByText("1 hold released. 1 refused:").waitFor();
      const refused = both.getByRole("listitem");
      expect(await refused.count()).toBe(1);
      expect(await refused.getByTitle(own.id).count()).toBe(1);
      await untilItSays(refused, /approved/);
      await both.getByRole("button", { name: "Close" }).last().click();
      await untilItSays(rowOf(page, releasable.id), /released paid/);
      expect((await holdOf(releasable.payout_id)).release_notes).toBe("the client confirmed");
      expect((await holdOf(own.payout_id)).status).toBe("active");
      expect(await paidTo(payeeId)).toEqual([30_000]);
    });
  });

  it("a viewer can do nothing, is told why, and is never refused", async () => {
    const hold = await anActiveHold();
    await during(listOf(hold), device, "vera", async ({ page }) => {
      const heard = overhear(page);
      const items = (await openMenu(page, hold.id)).getByRole("menuitem");
      expect(await items.count()).toBe(5);
      for (const item of await items.all()) {
        expect(await item.getAttribute("aria-disabled")).toBe("true");
        expect(await wordsOf(item)).toContain("Your role, viewer, doesn’t allow this");
        await item.click({ force: true });
      }
      await page.keyboard.press("Escape");

      const bulk = (await selectRows(page, [hold.id])).getByRole("button", { name: "Release 1" });
      expect(await bulk.getAttribute("aria-disabled")).toBe("true");
      await bulk.click({ force: true });

      await rowOf(page, hold.id).getByRole("button", { name: hold.payee_id }).click();
      const drawer = dialogOf(page, "Escrow hold");
      for (const action of ["Release", "Extend", "Change the reason", "Cancel", "Forfeit"]) {
        const button = drawer.getByRole("button", { name: action, exact: true });
        await button.waitFor();
        expect(await button.getAttribute("aria-disabled")).toBe("true");
        await button.click({ force: true });
      }
      await drawer.getByText("by olga").first().waitFor();
      expect(await page.getByRole("dialog").count()).toBe(1);
      expect(heard.length).toBeGreaterThan(0);
      expect(heard.filter(({ status, method }) => status === 403 || method !== "GET")).toEqual([]);
    });
  });

  it("what is due and what is overdue is marked, counted, and found by its view", async () => {
    await during("/escrow-holds?status=active&sort=-date", device, "vera", async ({ page }) => {
      const [latest = ""] = await shownIdsOnce(page);
      expect(await wordsOf(rowOf(page, latest))).not.toMatch(/due now|overdue/);

      const figures = page.getByRole("region", { name: "Escrow holds in figures" });
      const dueFigure = figures.getByRole("button", { name: /^Due for release/ });
      await expect
        .poll(async () => {
          const { data } = await granted(apiOf("vera").GET("/v2/escrow-holds/stats"));
          return (await dueFigure.textContent()) === `Due for release${data.due?.count}`;
        })
        .toBe(true);
      await dueFigure.click();
      await expect.poll(() => searchOf(page).to).toBeDefined();
      const row = rowOf(page, due.id);
      await expect.poll(() => wordsOf(row), NEXT_MINUTE).toContain("due now");
      expect(await wordsOf(row)).toContain(`${written(due.hold_amount, due.currency)} active not approved`);

      await page.getByRole("button", { name: "Views" }).click();
      await page.getByRole("button", { name: "Overdue: something is in the way" }).click();
      await row.waitFor({ state: "detached" });
      const overdue = await shownIdsOnce(page);
      const { data } = await granted(
        apiOf("vera").GET("/v2/escrow-holds", {
          params: { query: { status: ["active"], to: searchOf(page).to ?? "" } },
        }),
      );
      expect(overdue).toEqual(data.map(({ id }) => id));
      // The view goes by the second and the mark by the minute: the latest of them may still be due now.
      const marks = await Promise.all(overdue.map((id) => wordsOf(rowOf(page, id))));
      expect(marks[0]).toContain("overdue");
      expect(marks.filter((words) => !/overdue|due now/.test(words))).toEqual([]);
    });
  });
});

async function shownIdsOnce(page: Parameters<typeof shownIds>[0]): Promise<readonly string[]> {
  await page.locator("tr[data-id]").first().waitFor();
  return shownIds(page);
}
