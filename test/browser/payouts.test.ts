import type { Locator } from "playwright-core";
import { describe, expect, it } from "vitest";
import { apiOf } from "./support/examples.ts";
import { aFailedSchedule, aPayee, aPayout, aSentPayout, eventually, granted, transfersOf } from "./support/scenes.ts";
import { confirm, dialogOf, press, searchOf, untilItSays, wordsOf } from "./support/steps.ts";
import { browserVisits, type Device, devices, loaded } from "./support/visits.ts";

const { during } = browserVisits();

const payoutOf = async (id: string) =>
  (await granted(apiOf("vera").GET("/v2/payouts/{id}", { params: { path: { id } } }))).data;

/** `Paid: 500.00 USD` as the legend of the money bar has it, by name, in minor units. */
async function partsIn(legend: Locator): Promise<Record<string, number>> {
  const lines = await legend.getByRole("listitem").allInnerTexts();
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, major] = /^(.+?): ([\d,.]+)\s*USD/.exec(line.replaceAll(/\s+/g, " ").trim()) ?? [];
      if (name === undefined || major === undefined) throw new Error(`no amount in “${line}”`);
      return [name, Math.round(Number(major.replaceAll(",", "")) * 100)];
    }),
  );
}

describe.each(devices)("payouts at $width px, $scheme", (device: Device) => {
  it("the page tells where the money is, who approved it, what is in the way and what happened", async () => {
    const payout = await aSentPayout({ held: 30_000 });
    await during(`/payouts/${payout.id}`, device, "vera", async ({ page }) => {
      const money = page.getByRole("region", { name: "Where the money is" });
      await expect.poll(() => partsIn(money)).toEqual({ Paid: 50_000, "In escrow": 30_000 });
      expect(payout).toMatchObject({ amount: 80_000, paid_amount: 50_000, held_amount: 30_000 });
      const approved = page.getByRole("region", { name: "Who approved it" });
      await untilItSays(approved, /approved miro \(manager\), .* in 24 hours, no limit/);
      await untilItSays(page.getByRole("region", { name: "Why it isn’t wholly paid" }), /In escrow 300\.00 USD/);
      await untilItSays(page.getByRole("region", { name: "About it" }), /Created by olga, .* Sent by pete/);
      await untilItSays(page.getByRole("region", { name: "Journal" }), /Together balanced/);

      const history = page.getByRole("region", { name: "What happened" });
      await untilItSays(history, /Transfer completed 500\.00 USD/);
      await untilItSays(history, /Payout approved 800\.00 USD/);
      const chosen = history.getByRole("checkbox", { name: /^Transfers \d+/ });
      const [, count] = /(\d+)/.exec(await wordsOf(history.getByText(/^Transfers \d+$/))) ?? [];
      await history.getByText(/^Transfers \d+$/).click();
      await expect.poll(() => searchOf(page)).toEqual({ kind: "transfer" });
      await page.reload();
      await loaded(page);
      expect(await chosen.isChecked()).toBe(true);
      const lines = await history.locator("ol > li").allInnerTexts();
      expect(lines).toHaveLength(Number(count));
      expect(lines.every((line) => line.includes("Transfer"))).toBe(true);
    });
  });

  it("one that nobody has approved says so, and leads to where it is done", async () => {
    const payout = await aPayout();
    await during(`/payouts/${payout.id}`, device, "olga", async ({ page }) => {
      const reasons = page.getByRole("region", { name: "Why it isn’t paid" });
      const { data } = await granted(
        apiOf("vera").GET("/v2/payouts/{id}/blockers", { params: { path: { id: payout.id } } }),
      );
      await reasons.getByText("approval_pending").first().waitFor();
      for (const { code } of data) expect(await wordsOf(reasons)).toContain(code);
      await untilItSays(page.getByRole("region", { name: "Who approved it" }), /One person has to approve it/);
      await reasons.getByRole("link", { name: "Approvals" }).first().click();
      await page.getByRole("heading", { level: 1, name: "Approvals" }).waitFor();
    });
  });

  it("is created by hand, cancelled by somebody else with a reason", async () => {
    const { id: payeeId } = await aPayee();
    let id = "";
    await during("/payouts", device, "olga", async ({ page }) => {
      const dialog = await press(page, "Create payout", "Create a payout");
      await dialog.getByRole("button", { name: "Create", exact: true }).click();
      await dialog.getByText("A payee", { exact: true }).waitFor();
      await dialog.getByRole("combobox", { name: "Payee" }).fill(payeeId);
      await page.getByRole("option", { name: new RegExp(payeeId) }).click();
      await dialog.getByLabel("Amount").fill("1234.50");
      await dialog.getByRole("switch", { name: "Keep part of it in escrow" }).check();
      await dialog.getByRole("textbox", { name: "In escrow" }).fill("200.25");
      await dialog.getByLabel("Until").fill("2030-03-01");
      await dialog.getByLabel("Notes").fill("the spring retainer");
      await untilItSays(dialog, /waits for the approval of two other people: it is high value/);
      await untilItSays(dialog, /1,034\.25 USD is paid when somebody triggers it, and 200\.25 USD stays in escrow/);
      await dialog.getByRole("button", { name: "Create 1,234.50 USD" }).click();
      await page.getByRole("alert").filter({ hasText: "Created: 1,234.50 USD" }).waitFor();
      await page.getByRole("heading", { level: 1, name: /^1,234\.50 USD for / }).waitFor();
      id = new URL(page.url()).pathname.split("/").at(-1) ?? "";
      await untilItSays(page.getByRole("region", { name: "About it" }), /the spring retainer/);
    });
    expect(await payoutOf(id)).toMatchObject({
      ...{ payee_id: payeeId, amount: 123_450, currency: "USD", held_amount: 20_025 },
      ...{ created_by: "olga", status: "pending_approval", notes: "the spring retainer" },
    });
    await during(`/payouts/${id}`, device, "pete", async ({ page }) => {
      const dialog = await press(page, "Cancel", "Cancel a payout");
      await untilItSays(dialog, new RegExp(`1,234\\.50 USD will not be paid to ${payeeId}`));
      await dialog.getByLabel("Reason").fill("entered twice");
      await confirm(page, dialog, { button: "Cancel 1,234.50 USD", said: "Cancelled: 1,234.50 USD" });
      await untilItSays(page.getByRole("region", { name: "About it" }), /Ended because entered twice/);
      const money = page.getByRole("region", { name: "Where the money is" });
      await expect.poll(() => partsIn(money)).toEqual({ Cancelled: 123_450 });
    });
    expect(await payoutOf(id)).toMatchObject({ status: "cancelled", end_reason: "entered twice" });
  });

  it("is marked as paid outside, by nobody who approved it", async () => {
    const payout = await aPayout({ approvedBy: ["maya"] });
    await during(`/payouts/${payout.id}`, device, "maya", async ({ page }) => {
      const barred = page.getByRole("button", { name: "Mark as paid outside" });
      await barred.waitFor();
      expect(await barred.getAttribute("aria-disabled")).toBe("true");
      await barred.focus();
      await page.getByText("You approved this payout, so somebody else sends it").first().waitFor();
      await barred.press("Enter");
      expect(await page.getByRole("dialog").count()).toBe(0);
    });
    await during(`/payouts/${payout.id}`, device, "pete", async ({ page }) => {
      const dialog = await press(page, "Mark as paid outside", "Mark as paid outside");
      await dialog.getByLabel("Reference").fill("wire 4711");
      await confirm(page, dialog, { button: "Mark 800.00 USD as paid", said: "Marked as paid: 800.00 USD" });
      const money = page.getByRole("region", { name: "Where the money is" });
      await expect.poll(() => partsIn(money)).toEqual({ "Paid outside": 80_000 });
      await untilItSays(page.getByRole("region", { name: "About it" }), /Reference outside wire 4711/);
    });
    expect(await payoutOf(payout.id)).toMatchObject({
      ...{ status: "paid", paid_outside_amount: 80_000, external_reference: "wire 4711" },
    });
    expect(await transfersOf(payout.payee_id)).toEqual([]);
  });

  it("what failed of it is sent again, once", async () => {
    const { payout_id: id, payee_id: payeeId } = await aFailedSchedule();
    await during(`/payouts/${id}`, device, "nina", async ({ page }) => {
      const money = page.getByRole("region", { name: "Where the money is" });
      await expect.poll(() => partsIn(money)).toEqual({ Failed: 80_000 });
      await page.getByRole("button", { name: "Retry", exact: true }).click();
      const dialog = dialogOf(page, "Send again what failed");
      await untilItSays(dialog, /800\.00 USD will be sent to .* again, under a new key/);
      await confirm(page, dialog, { button: "Send 800.00 USD again", said: "On its way again" });
      await expect.poll(() => partsIn(money)).toEqual({ Paid: 80_000 });
    });
    const transfers = await eventually(
      () => transfersOf(payeeId),
      ([transfer]) => transfer?.status === "completed",
    );
    expect(transfers.map(({ amount, status }) => [amount, status])).toEqual([[80_000, "completed"]]);
  });
});
