import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { apiOf } from "./support/examples.ts";
import { selectRows } from "./support/list-page.ts";
import { aPayee, aPayout, granted, once } from "./support/scenes.ts";
import { confirm, dialogOf, press, rowOf, untilItSays } from "./support/steps.ts";
import { browserVisits, type Device, devices, loaded, type Person } from "./support/visits.ts";

/** From here on two people approve, USD. */
const HIGH = 150_000;

const { during } = browserVisits();

const payoutOf = async (id: string) =>
  (await granted(apiOf("vera").GET("/v2/payouts/{id}", { params: { path: { id } } }))).data;

const approve = (person: Person, id: string) =>
  granted(apiOf(person).POST("/v2/payouts/{id}/approve", { params: { path: { id }, header: once() }, body: {} }));

const forYou = (page: Page) => page.getByRole("region", { name: "For you" });
const forOthers = (page: Page) => page.getByRole("region", { name: "For somebody else" });

describe.each(devices)("approvals at $width px, $scheme", (device: Device) => {
  it("shows what waits for me and, apart, what waits for others and why; high value takes a second person", async () => {
    const { id: payeeId, account } = await aPayee();
    const small = await aPayout({ payeeId });
    const high = await aPayout({ payeeId, amount: HIGH });
    const own = await aPayout({ payeeId, createdBy: "maya" });

    await during(`/approvals?find=${payeeId}`, device, "maya", async ({ page }) => {
      await rowOf(page, high.id).waitFor();
      expect(await forYou(page).locator("tr[data-id]").count()).toBe(2);
      await untilItSays(
        forOthers(page).locator(`tr[data-id="${own.id}"]`),
        /You created it: somebody else approves it/,
      );

      const first = await press(page, `Approve ${small.id}`, "Approve a payout");
      await untilItSays(first, `${account}`);
      await untilItSays(first, /With this it is approved/);
      await first.getByLabel("Notes").fill("seen the invoice");
      await confirm(page, first, { button: "Approve 800.00 USD", said: `Approved: 800.00 USD for ${payeeId}` });
      await rowOf(page, small.id).waitFor({ state: "detached" });
      expect(await payoutOf(small.id)).toMatchObject({ approval_state: "approved", approval_votes: [{ by: "maya" }] });

      const second = await press(page, `Approve ${high.id}`, "Approve a payout");
      await untilItSays(second, /High value takes two people: after you it waits for one more/);
      await confirm(page, second, { button: "Approve 1,500.00 USD", said: "it takes one more person" });
      const waiting = forOthers(page).locator(`tr[data-id="${high.id}"]`);
      await untilItSays(waiting, /1 of 2: maya.*You have approved it: it takes one more person/);
      expect(await payoutOf(high.id)).toMatchObject({ status: "pending_approval", approval_votes: [{ by: "maya" }] });

      await approve("miro", high.id);
      await waiting.waitFor({ state: "detached" });
      expect(await payoutOf(high.id)).toMatchObject({ approval_state: "approved" });
    });
  });

  it("rejects with a reason, which the payout shows with the name", async () => {
    const payout = await aPayout();
    await during(`/approvals?find=${payout.payee_id}`, device, "maya", async ({ page }) => {
      const dialog = await press(page, `Reject ${payout.id}`, "Reject a payout");
      await dialog.getByRole("button", { name: "Reject 800.00 USD" }).click();
      await dialog.getByText("A reason", { exact: true }).waitFor();
      expect((await payoutOf(payout.id)).status).toBe("pending_approval");
      await dialog.getByLabel("Reason").fill("invoiced twice");
      await confirm(page, dialog, { button: "Reject 800.00 USD", said: `Rejected: 800.00 USD for ${payout.payee_id}` });
      await rowOf(page, payout.id).waitFor({ state: "detached" });
      expect(await payoutOf(payout.id)).toMatchObject({ status: "rejected", rejected_reason: "invoiced twice" });
    });
    await during(`/payouts/${payout.id}`, device, "maya", async ({ page }) => {
      await untilItSays(page.getByRole("region", { name: "Who approved it" }), /rejected By maya, .* invoiced twice/);
    });
  });

  it("approves several with one sum, and says which of them wait for one more person", async () => {
    const { id: payeeId } = await aPayee();
    const amounts = [10_000, 20_000, HIGH];
    const payouts = await Promise.all(amounts.map((amount) => aPayout({ payeeId, amount })));
    await during(`/approvals?find=${payeeId}`, device, "nina", async ({ page }) => {
      const ids = payouts.map(({ id }) => id);
      const bar = await selectRows(page, ids);
      await bar.getByText("3 selected").waitFor();
      await bar.getByRole("button", { name: "Approve 3" }).click();
      const dialog = dialogOf(page, "Approve 3 payouts");
      await untilItSays(dialog, /1,800\.00 USD for 1 payee/);
      await untilItSays(dialog, /2 are approved with this: 300\.00 USD/);
      await untilItSays(dialog, /1 is high value and waits for one more person after you: 1,500\.00 USD/);
      await confirm(page, dialog, { button: "Approve 1,800.00 USD", said: "3 approvals recorded" });
      await bar.waitFor({ state: "detached" });
      await untilItSays(forOthers(page), /You have approved it/);
    });
    const states = (await Promise.all(payouts.map(({ id }) => payoutOf(id)))).map((payout) => [
      payout.approval_state,
      payout.approval_votes.map(({ by }) => by),
    ]);
    expect(states).toEqual([
      ["approved", ["nina"]],
      ["approved", ["nina"]],
      ["pending", ["nina"]],
    ]);
  });

  it("is worked off with the keyboard alone", async () => {
    const { id: payeeId } = await aPayee();
    const first = await aPayout({ payeeId, amount: 11_000 });
    const second = await aPayout({ payeeId, amount: 12_000 });
    await during(`/approvals?find=${payeeId}`, device, "miro", async ({ page }) => {
      const { keyboard } = page;
      await rowOf(page, second.id).waitFor();
      const linkOf = (id: string) => rowOf(page, id).getByRole("link");
      const isFocused = (id: string) => linkOf(id).evaluate((link) => link === document.activeElement);
      await keyboard.press("j");
      expect(await isFocused(first.id)).toBe(true);
      await keyboard.press("ArrowDown");
      expect(await isFocused(second.id)).toBe(true);
      await keyboard.press("k");

      await keyboard.press("a");
      const approving = dialogOf(page, "Approve a payout");
      await approving.getByRole("button", { name: "Approve 110.00 USD" }).and(page.locator(":enabled")).waitFor();
      await keyboard.type("by keyboard");
      await keyboard.press("Enter");
      await rowOf(page, first.id).waitFor({ state: "detached" });
      expect(await payoutOf(first.id)).toMatchObject({ approval_state: "approved", approval_votes: [{ by: "miro" }] });

      await expect.poll(() => isFocused(second.id)).toBe(true);
      await keyboard.press("r");
      const rejecting = dialogOf(page, "Reject a payout");
      await rejecting.waitFor();
      await keyboard.press("Escape");
      await rejecting.waitFor({ state: "detached" });
      await expect.poll(() => isFocused(second.id)).toBe(true);
      await keyboard.press("x");
      expect(await page.getByRole("checkbox", { name: `Select ${second.id}` }).isChecked()).toBe(true);
      await keyboard.press("Enter");
      await page.getByRole("heading", { level: 1, name: /^120\.00 USD for / }).waitFor();
      await loaded(page);
      expect((await payoutOf(second.id)).status).toBe("pending_approval");
    });
  });
});
