import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { describe, expect, inject, it } from "vitest";
import { LOCAL_BUS, localAws } from "../../local/report.ts";
import { apiOf } from "./support/examples.ts";
import { aPendingSchedule, eventually, granted, type Staff, transfersOf, trigger } from "./support/scenes.ts";
import { choose, confirm, dialogOf, openMenu, press, rowOf, searchOf, untilItSays, wordsOf } from "./support/steps.ts";
import { browserVisits, type Device, devices, loaded, type Visit } from "./support/visits.ts";

const QUEUE = "rejected-events";

const { during } = browserVisits();

/** An organization of its own, where nothing that is switched or set is in anybody's way. */
function anOrganization(): { id: string; as: Staff } {
  const id = `desk-${crypto.randomUUID().slice(0, 8)}`;
  return { id, as: (person) => apiOf(person, id) };
}

/** An event that the intake can't use: it ends among the rejected ones. */
async function publishMalformed(placementId: string): Promise<void> {
  const bus = new EventBridgeClient(localAws(inject("endpoints")));
  const detail = { organization_id: "acme", placement_id: placementId, fee_amount: "much" };
  await bus.send(
    new PutEventsCommand({
      Entries: [
        {
          EventBusName: LOCAL_BUS,
          Source: "placements",
          DetailType: "placement.activated",
          Detail: JSON.stringify(detail),
        },
      ],
    }),
  );
  bus.destroy();
}

const figures = async (hours: number) =>
  (await granted(apiOf("ada").GET("/v2/monitoring", { params: { query: { hours } } }))).data;

describe.each(devices)("monitoring at $width px, $scheme", (device: Device) => {
  it("has the API's figures, of an hour as of a week, and everything that is calm on request", async () => {
    await during("/monitoring", device, "vera", async ({ page }) => {
      const healing = page.getByRole("region", { name: "Releases and what heals them" });
      const wrong = page.getByRole("region", { name: "What should not happen" });
      // They go on while somebody looks: what is shown and what the API says are the same within some polls.
      const agree = (hours: number) =>
        expect
          .poll(async () => {
            const { lateness, queues, counts } = await figures(hours);
            const letters = queues.reduce((sum, { messages }) => sum + messages, 0);
            const [left, right] = [await wordsOf(healing), await wordsOf(wrong)];
            return [
              left.includes(`Releases ${lateness.releases} `),
              right.includes(`Dead letters ${letters} `),
              right.includes(`Unknown outcomes ${counts.outcome_unknown} `),
              right.includes(`Failed for good ${counts.failed_terminal} `),
              right.includes(`Rejected events ${counts.rejected_events} `),
            ];
          })
          .toEqual([true, true, true, true, true]);
      await loaded(page);
      await agree(24);
      await page.getByText("7 d", { exact: true }).click();
      await expect.poll(() => searchOf(page)).toEqual({ hours: "168" });
      await agree(168);

      const { queues, functions } = await figures(24);
      await page.getByRole("button", { name: `Show all ${queues.length} queues` }).click();
      for (const { name } of queues) await rowOf(page, name).waitFor();
      await page.getByRole("button", { name: `Show all ${functions.length} functions` }).click();
      for (const { name } of functions) await rowOf(page, name).waitFor();
      await page.getByText("What a queue holds isn’t shown to you.").waitFor();
      await page.getByRole("button", { name: "Show as a table" }).click();
      await page.getByRole("table", { name: "Releases, lateness and errors by period" }).waitFor();
    });
  });

  it("a rejected event is listed with its reason and put back on the bus", async () => {
    const placementId = `pl-${crypto.randomUUID().slice(0, 8)}`;
    await publishMalformed(placementId);
    const letters = await eventually(
      () => granted(apiOf("ada").GET("/v2/monitoring/dead-letters", { params: { query: { queue: QUEUE } } })),
      ({ data }) => data.dead_letters.some(({ body }) => body.includes(placementId)),
    );
    const id = letters.data.dead_letters.find(({ body }) => body.includes(placementId))?.id ?? "";
    await during(`/monitoring?open=${QUEUE}`, device, "ada", async ({ page }) => {
      const letter = dialogOf(page, QUEUE).locator(`li[data-id="${id}"]`);
      await untilItSays(letter, /^placement\.activated .*company_id/);
      await letter.getByRole("button", { name: "Body" }).click();
      await letter.getByText(placementId).waitFor();
      await letter.getByRole("checkbox").check();
      await page.getByRole("button", { name: "Redrive 1" }).click();
      const dialog = dialogOf(page, `Redrive ${QUEUE}`);
      await untilItSays(dialog, /1 message of rejected-events goes back on the bus/);
      await confirm(page, dialog, { button: "Redrive 1 message", said: "1 message is back on the bus" });
    });
    await eventually(
      () =>
        granted(apiOf("vera").GET("/v2/activity", { params: { query: { kind: ["dead_letter_redriven"], limit: 5 } } })),
      ({ data }) => data.some(({ entity_id, subject }) => entity_id === id && subject === "ada"),
    );
  });
});

describe.each(devices)("sending at $width px, $scheme", (device: Device) => {
  it("is paused by a processor with a reason, and resumed by an admin: then what waited goes out", async () => {
    const { id: organization, as } = anOrganization();
    const schedule = await aPendingSchedule({ as });
    const control = async () =>
      (await granted(as("vera").GET("/v2/sending"))).data.find(
        ({ scope, provider }) => scope === "organization" && provider === "all",
      );
    await during(
      "/settings",
      device,
      "pete",
      async ({ page }) => {
        const dialog = await press(page, "Pause Every provider", "Pause sending");
        await dialog.getByLabel("Reason").fill("the bank has a holiday");
        await confirm(page, dialog, { button: "Pause sending", said: "Sending is paused" });
        await page.getByText("Nothing is sent. What is due waits").waitFor();
        await untilItSays(page.getByRole("main"), /Every provider paused “the bank has a holiday” · since .* by pete/);
        await page.getByText("You can’t resume it.").waitFor();
        expect(await page.getByRole("button", { name: "Resume Every provider" }).count()).toBe(0);
      },
      organization,
    );
    expect(await control()).toMatchObject({ status: "paused", reason: "the bank has a holiday", updated_by: "pete" });
    await trigger(schedule.id, as);
    await eventually(
      () => transfersOf(schedule.payee_id, as),
      ([transfer]) => transfer?.status === "pending" && transfer.blocker?.code === "sending_paused",
    );
    await during(
      "/settings",
      device,
      "ada",
      async ({ page }) => {
        const dialog = await press(page, "Resume Every provider", "Resume sending");
        await untilItSays(dialog, /800\.00 USD in 1 transfer waits to be sent/);
        await confirm(page, dialog, { button: "Resume sending", said: "Sending goes on" });
        await page.getByText("Everything that is due is sent.").waitFor();
      },
      organization,
    );
    expect(await control()).toMatchObject({ status: "open", updated_by: "ada" });
    await eventually(
      () => transfersOf(schedule.payee_id, as),
      ([transfer]) => transfer?.status === "completed",
    );
  });
});

describe.each(devices)("roles at $width px, $scheme", (device: Device) => {
  it("are granted, changed and revoked; one's own row is barred", async () => {
    const { id: organization, as } = anOrganization();
    const roleOf = async () =>
      (await granted(as("root").GET("/v2/roles/{subject}", { params: { path: { subject: "kim" } } }))).data;
    await during(
      "/roles",
      device,
      "root",
      async ({ page }) => {
        const own = (await openMenu(page, "root")).getByRole("menuitem", { name: /^Change/ });
        expect(await own.getAttribute("aria-disabled")).toBe("true");
        await untilItSays(own, /Nobody changes their own role/);
        await page.keyboard.press("Escape");

        const granting = await press(page, "Grant a role", "Grant a role");
        await granting.getByLabel("Subject").fill("root");
        await granting.getByRole("button", { name: "Grant viewer" }).click();
        await granting.getByText("Must be somebody else: nobody grants a role to themselves").waitFor();
        await granting.getByLabel("Subject").fill("kim");
        await granting.getByRole("combobox", { name: "Role" }).click();
        await page.getByRole("option", { name: "Operator", exact: true }).click();
        await untilItSays(granting, /kim gets a role in .* They may: .* Enter payouts, schedules and payees/);
        await confirm(page, granting, { button: "Grant operator", said: "kim is operator now" });
        await untilItSays(rowOf(page, "kim"), /Operator .* active/);
        expect(await roleOf()).toMatchObject({ role: "operator", status: "active", granted_by: "root" });

        const changing = await choose(page, "kim", { item: "Change", title: "Change kim" });
        await changing.getByRole("combobox", { name: "Role" }).click();
        await page.getByRole("option", { name: "Manager", exact: true }).click();
        await untilItSays(changing, /They may from now on: .* Approve and reject payouts/);
        await confirm(page, changing, { button: "Make manager", said: "kim is manager now" });
        await untilItSays(rowOf(page, "kim"), /Manager/);
        expect(await roleOf()).toMatchObject({ role: "manager", status: "active" });

        const revoking = await choose(page, "kim", { item: "Revoke", title: "Revoke kim’s role" });
        await confirm(page, revoking, { button: "Revoke manager", said: "kim has no role any more" });
        await untilItSays(rowOf(page, "kim"), /revoked/);
        expect(await roleOf()).toMatchObject({ role: "manager", status: "revoked" });
        const again = (await openMenu(page, "kim")).getByRole("menuitem");
        expect(await again.allInnerTexts()).toEqual(["Grant again"]);
      },
      organization,
    );
  });

  it("the matrix says for each what it may, as the API has it", async () => {
    const { data } = await granted(apiOf("vera").GET("/v2/roles/definitions"));
    const staff = data.roles.filter(({ kind }) => kind === "staff");
    await during("/roles", device, "vera", async ({ page }) => {
      await loaded(page);
      if (device.width === 390) {
        for (const [index, { role, permissions }] of staff.entries()) {
          const below = staff[index - 1]?.permissions ?? [];
          const name = new RegExp(`^${role.replace("_", " ")}( \\(you\\))?$`, "i");
          const card = page.getByRole("heading", { level: 2, name }).locator("..");
          const added = permissions.filter((permission) => !below.includes(permission));
          expect(await card.getByRole("listitem").count(), role).toBe(added.length);
        }
        return;
      }
      const matrix = page.getByRole("region", { name: "Permissions of each role" });
      const granted = staff.reduce((sum, { permissions }) => sum + permissions.length, 0);
      expect(await matrix.getByRole("img", { name: "yes" }).count()).toBe(granted);
      expect(await matrix.getByRole("img", { name: "no" }).count()).toBe(
        staff.length * data.permissions.length - granted,
      );
    });
  });
});

describe.each(devices)("settings at $width px, $scheme", (device: Device) => {
  it("a threshold is changed after old and new were seen; what somebody else changed meanwhile isn't lost", async () => {
    const { id: organization, as } = anOrganization();
    const settings = async () => (await granted(as("vera").GET("/v2/settings"))).data;
    const act = async ({ page, expects }: Visit) => {
      const change = () => page.getByRole("button", { name: "Change settings" }).click();
      const review = async () => press(page, "Review and save", "Change settings");

      await change();
      await page.getByRole("textbox", { name: "High value from, USD" }).fill("2500");
      await page.getByText("1 change", { exact: true }).waitFor();
      const first = await review();
      await untilItSays(first.getByRole("table"), /High value from, USD 1,000\.00 USD 2,500\.00 USD/);
      await confirm(page, first, { button: "Save 1 change", said: "Settings are changed" });
      await untilItSays(page.getByRole("main"), /2,500\.00 USD/);
      expect((await settings()).high_value_amounts.USD).toBe(250_000);

      await change();
      await page.getByRole("textbox", { name: "Guarantee" }).fill("60");
      const second = await review();
      await untilItSays(second.getByRole("table"), /Guarantee 90 days 60 days/);
      const { version } = await settings();
      await granted(
        as("root").PATCH("/v2/settings", {
          params: { header: { "If-Match": `"${version}"` } },
          body: { cooling_off_hours: 48 },
        }),
      );
      expects(/412/);
      await second.getByRole("button", { name: "Save 1 change" }).click();
      await second.getByRole("alert").waitFor();
      expect(await settings()).toMatchObject({ cooling_off_hours: 48, policy: { guarantee_days: 90 } });
      await second.getByRole("button", { name: "Not now" }).click();
      await page.getByRole("button", { name: "Take over" }).click();
      const third = await review();
      await untilItSays(third.getByRole("table"), /Guarantee 90 days 60 days$/);
      await confirm(page, third, { button: "Save 1 change", said: "Settings are changed" });
      expect(await settings()).toMatchObject({ cooling_off_hours: 48, policy: { guarantee_days: 60 } });
    };
    await during("/settings", device, "ada", act, organization);
  });
});
