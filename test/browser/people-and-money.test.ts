import { describe, expect, it } from "vitest";
import { apiOf } from "./support/examples.ts";
import { anUnknownOutcome, aPayee, aPayout, aSentPayout, eventually, granted, transfersOf } from "./support/scenes.ts";
import { choose, confirm, dialogOf, openMenu, press, rowOf, untilItSays } from "./support/steps.ts";
import { browserVisits, type Device, devices } from "./support/visits.ts";

const HOUR_MS = 3_600_000;

const { during } = browserVisits();

const payeeOf = async (id: string) =>
  (await granted(apiOf("vera").GET("/v2/payees/{id}", { params: { path: { id } } }))).data;

const transferOf = async (id: string) =>
  (await granted(apiOf("vera").GET("/v2/transfers/{id}", { params: { path: { id } } }))).data;

describe.each(devices)("payees at $width px, $scheme", (device: Device) => {
  it("is entered by hand and corrected; each change is listed before it is saved", async () => {
    const id = `typed-${crypto.randomUUID().slice(0, 8)}`;
    await during("/payees", device, "olga", async ({ page }) => {
      const creating = await press(page, "Create a payee", "Create a payee");
      await creating.getByRole("button", { name: "Create", exact: true }).click();
      expect(await creating.getByRole("textbox", { name: "Name" }).getAttribute("aria-invalid")).toBe("true");
      await creating.getByRole("textbox", { name: "Id", exact: true }).fill(id);
      await creating.getByRole("textbox", { name: "Name" }).fill("Dana Whitfield");
      await creating.getByRole("combobox", { name: "Default currency" }).fill("EUR");
      await page.getByRole("option", { name: "EUR" }).click();
      await creating.getByRole("textbox", { name: "Country" }).fill("de");
      await creating.getByRole("textbox", { name: "Account" }).fill("acct_1dana");
      await creating.getByRole("button", { name: "Create", exact: true }).click();
      await page.getByRole("heading", { level: 1, name: "Dana Whitfield" }).waitFor();
      expect(await payeeOf(id)).toMatchObject({
        ...{ name: "Dana Whitfield", default_currency: "EUR", country: "DE", email: null },
        destinations: [{ provider: "stripe", account: "acct_1dana" }],
      });

      const editing = await press(page, "Edit", "Edit Dana Whitfield");
      await editing.getByRole("textbox", { name: "Country" }).fill("");
      await editing.getByRole("textbox", { name: "E-mail" }).fill("dana@example.com");
      await editing.getByRole("textbox", { name: "Minimum payout" }).fill("50");
      await untilItSays(editing, /Country: DE → nothing/);
      await untilItSays(editing, /Minimum payout: nothing → 50\.00 EUR/);
      await confirm(page, editing, { button: "Save", said: "Saved" });
      await untilItSays(page.getByRole("region", { name: "Facts" }), /E-mail dana@example\.com Country –/);
      expect(await payeeOf(id)).toMatchObject({ country: null, email: "dana@example.com", minimum_payout: 5_000 });
    });
  });

  it("other destinations void approvals and cool off, which is said before and shown after", async () => {
    const { id: payeeId, account } = await aPayee();
    const payout = await aPayout({ payeeId, approvedBy: ["miro"] });
    const changed = `${account}new`;
    await during(`/payees/${payeeId}`, device, "olga", async ({ page }) => {
      const dialog = await press(page, "Replace destinations", /^Replace the destinations of/);
      await dialog.getByRole("textbox", { name: "Account" }).fill(changed);
      await untilItSays(dialog, new RegExp(`is paid to ${changed}, no longer to Stripe ${account}`));
      await untilItSays(dialog, /Approvals .* become void and have to be given again: up to 800\.00 USD/);
      await untilItSays(dialog, /nothing is sent to this payee for 24 hours/);
      await confirm(page, dialog, { button: "Replace the destinations", said: "Replaced: used from" });
      const destinations = page.getByRole("region", { name: "Destinations" });
      await untilItSays(
        destinations,
        new RegExp(`Stripe ${changed} money goes here cooling off, used (tomorrow|in \\d+ hours)`),
      );
    });
    const payee = await payeeOf(payeeId);
    expect(payee.destinations).toEqual([{ provider: "stripe", account: changed }]);
    const coolsFor = Date.parse(payee.destination_usable_from ?? "") - Date.parse(payee.destination_changed_at ?? "");
    expect(coolsFor).toBe(24 * HOUR_MS);
    const { data: blockers } = await granted(
      apiOf("vera").GET("/v2/payouts/{id}/blockers", { params: { path: { id: payout.id } } }),
    );
    expect(blockers.map(({ code }) => code)).toContain("destination_changed");
  });

  it("balances are those of the ledger", async () => {
    const { payee_id: payeeId } = await aSentPayout({ held: 30_000 });
    await aPayout({ payeeId, amount: 12_300 });
    const { data } = await granted(
      apiOf("vera").GET("/v2/payees/{id}/balances", { params: { path: { id: payeeId } } }),
    );
    expect(data).toMatchObject([{ currency: "USD", payable: 12_300, held: 30_000, paid: 50_000, owed: 0 }]);
    await during(`/payees/${payeeId}`, device, "vera", async ({ page }) => {
      const balances = page.getByRole("region", { name: "Balances" });
      await untilItSays(balances, /To be sent .* 123\.00 USD/);
      await untilItSays(balances, /In escrow .* 300\.00 USD/);
      await untilItSays(balances, /Sent .* 500\.00 USD/);
      await untilItSays(balances, /Owed by the payee .* 0\.00 USD/);
    });
  });
});

describe.each(devices)("transfers at $width px, $scheme", (device: Device) => {
  it("an unknown outcome is settled with evidence; a hasty “never moved” is refused", async () => {
    const { id, payee_id: payeeId } = await anUnknownOutcome();
    const providerId = `tr_by_hand_${id.slice(-8)}`;
    await during(`/transfers?payee_id=${payeeId}`, device, "ada", async ({ page }) => {
      const dialog = await choose(page, id, { item: "Settle the outcome", title: "Settle an unknown outcome" });
      await dialog.getByRole("button", { name: "Settle", exact: true }).click();
      await dialog.getByText("Must be one of the two").waitFor();
      await dialog.getByRole("radio", { name: "Nothing was created" }).check();
      await untilItSays(dialog, /A wrong answer pays twice .* Refused before/);
      await dialog.getByRole("radio", { name: "The money moved" }).check();
      await untilItSays(dialog, new RegExp(`800\\.00 USD is booked as paid to ${payeeId} and is never sent again`));
      await dialog.getByLabel("Stripe’s id of the transfer").fill(providerId);
      await dialog.getByLabel("Evidence").fill("found in the dashboard\nby the transfer group");
      await confirm(page, dialog, {
        button: "Settle: 800.00 USD moved",
        said: "Settled: 800.00 USD is booked as paid",
      });
      await untilItSays(rowOf(page, id), /completed/);
      await untilItSays(rowOf(page, id).getByRole("button", { name: /copy$/ }), new RegExp(providerId.slice(-6)));
    });
    expect(await transferOf(id)).toMatchObject({
      ...{ status: "completed", provider_transfer_id: providerId },
      settled: { by: "ada", outcome: "completed", evidence: "found in the dashboard by the transfer group" },
    });
  });

  it("a part is taken back; the row and the drawer show it with the provider's ids", async () => {
    const { payee_id: payeeId } = await aSentPayout();
    const [transfer] = await transfersOf(payeeId);
    if (transfer === undefined) throw new Error(`${payeeId} was sent nothing`);
    await during(`/transfers?payee_id=${payeeId}`, device, "ada", async ({ page }) => {
      const dialog = await choose(page, transfer.id, { item: "Reverse", title: "Reverse a transfer" });
      await dialog.getByRole("radio", { name: "A part" }).check();
      await dialog.getByLabel("Amount").fill("100.50");
      await untilItSays(dialog, new RegExp(`100\\.50 USD is taken back from ${payeeId}`));
      await untilItSays(dialog, new RegExp(`699\\.50 USD of the 800\\.00 USD stays with ${payeeId}`));
      await dialog.getByLabel("Reason").fill("left early");
      await confirm(page, dialog, {
        button: "Reverse 100.50 USD",
        said: "Asked for: the transfer shows what comes of it",
      });
      await untilItSays(rowOf(page, transfer.id), /partly reversed/);
      const after = await eventually(
        () => transferOf(transfer.id),
        ({ reversed_amount }) => reversed_amount === 10_050,
      );
      expect(after).toMatchObject({
        status: "completed",
        reversals: [{ amount: 10_050, status: "completed", reason: "left early", requested_by: "ada" }],
      });

      await rowOf(page, transfer.id).getByRole("button", { name: payeeId, exact: true }).click();
      const drawer = dialogOf(page, "Transfer");
      await untilItSays(drawer, /Taken back In all 100\.50 USD Stays with the payee 699\.50 USD/);
      await drawer
        .getByText(transfer.provider_transfer_id ?? "the provider's id")
        .first()
        .waitFor();
      await drawer.getByRole("button", { name: "Close" }).click();
      await drawer.waitFor({ state: "detached" });
    });
    await during(`/transfers?payee_id=${payeeId}`, device, "maya", async ({ page }) => {
      const menu = await openMenu(page, transfer.id);
      const reverse = menu.getByRole("menuitem", { name: /^Reverse/ });
      expect(await reverse.getAttribute("aria-disabled")).toBe("true");
      await untilItSays(reverse, /Your role, manager, doesn’t allow this: it takes admin or above/);
    });
  });
});
