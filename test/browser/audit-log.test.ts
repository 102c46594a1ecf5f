import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { apiOf } from "./support/examples.ts";
import { filtersOf } from "./support/list-page.ts";
import { aPayout, eventually, granted, once } from "./support/scenes.ts";
import { dialogOf, press, searchOf, untilItSays, wordsOf } from "./support/steps.ts";
import { browserVisits, type Device, devices, loaded } from "./support/visits.ts";

const VERIFY = "Verify this record’s chain";

const { during } = browserVisits();

/** Every line of an approved payout, the first version first, as the API has them: they follow within moments. */
async function linesOf(id: string) {
  const path = { entity_type: "payout" as const, entity_id: id };
  const { data } = await eventually(
    () =>
      granted(
        apiOf("vera").GET("/v2/payout-audit-log/{entity_type}/{entity_id}", {
          params: { path, query: { limit: 100 } },
        }),
      ),
    ({ data: lines }) => lines.some(({ action }) => action === "payout.approved"),
  );
  return data;
}

async function openFilter(page: Page, device: Device, name: string): Promise<void> {
  const filters = await filtersOf(page, device);
  await filters.getByRole("button", { name, exact: true }).click();
}

/** The entries that are shown, each as its button. */
const entriesIn = (page: Page): Locator => page.locator("button[data-head]");

describe.each(devices)("the audit log at $width px, $scheme", (device: Device) => {
  it("keeps its filters in the address, and an entry unfolds to what it changed", async () => {
    const payout = await aPayout({ approvedBy: ["miro"] });
    await during("/audit-log", device, "vera", async ({ page }) => {
      const search = page.getByRole("textbox", { name: "Search the audit log" });
      await search.fill(payout.id);
      await search.press("Enter");
      await expect.poll(() => searchOf(page)).toEqual({ entity_id: payout.id });
      await page.getByRole("region", { name: "The record whose history this is" }).getByText(payout.id).waitFor();
      await openFilter(page, device, "Action");
      await page.getByRole("combobox", { name: "Action" }).fill("payout approved");
      await page.getByRole("option", { name: "Payout approved", exact: true }).click();
      await page.keyboard.press("Escape");
      await expect.poll(() => searchOf(page)).toEqual({ entity_id: payout.id, action: "payout.approved" });
      await page.reload();
      await loaded(page);
      await expect.poll(() => entriesIn(page).count()).toBe(1);

      const entry = entriesIn(page).first();
      await untilItSays(entry, /Payout approved 800\.00 USD pending approval.*approved.*miro manager/);
      await entry.click();
      const changes = page.getByRole("table", { name: "What was changed" });
      await untilItSays(changes.getByRole("row", { name: /changed: Status/ }), /pending approval approved$/);
      await untilItSays(changes.getByRole("row", { name: /added: Approval › By/ }), /miro$/);
      await page.getByText(`of payout ${payout.id}`).waitFor();
      const [line] = (await linesOf(payout.id)).filter(({ action }) => action === "payout.approved");
      await page.getByText(line?.hash ?? "the line's hash").waitFor();
    });
  });

  it("verifies a record's chain, and names the first line that was tampered with", async () => {
    const payout = await aPayout({ approvedBy: ["miro"] });
    const lines = await linesOf(payout.id);
    const last = lines.at(-1);
    await during(`/audit-log?entity_id=${payout.id}`, device, "vera", async ({ page }) => {
      const intact = await press(page, VERIFY, /^The chain of Payout/);
      await intact.getByText(`${lines.length} entries intact`).waitFor();
      await intact.getByText(last?.hash ?? "the head hash").waitFor();
      await intact.getByRole("button", { name: "Close" }).click();
      await intact.waitFor({ state: "detached" });

      await page.route(`**/v2/payout-audit-log/payout/${payout.id}?*`, async (route) => {
        // Asked for anew, whatever the page knows already.
        const { "if-none-match": _known, ...headers } = route.request().headers();
        const answer = await route.fetch({ headers });
        const body = (await answer.json()) as { data: { changed_by: string }[] };
        const data = body.data.map((line, index) => (index === 1 ? { ...line, changed_by: "mallory" } : line));
        await route.fulfill({ response: answer, json: { ...body, data } });
      });
      const broken = await press(page, VERIFY, /^The chain of Payout/);
      await broken.getByText("not intact", { exact: true }).waitFor();
      await untilItSays(
        broken,
        `first bad line: 2 (payout ${payout.id}, version 2): the hash does not match the line: it was changed`,
      );
    });
    expect(lines.length).toBeGreaterThan(1);
  });

  it("shows refused actions among the security events, with who, what and from where", async () => {
    const payout = await aPayout();
    const refused = await apiOf("vera").POST("/v2/payouts/{id}/cancel", {
      params: { path: { id: payout.id }, header: once() },
      body: { reason: "not mine to cancel" },
    });
    expect(refused.response.status).toBe(403);
    await eventually(
      () => granted(apiOf("vera").GET("/v2/activity", { params: { query: { subject: "vera", limit: 1 } } })),
      ({ data: [newest] }) => newest?.entity_id === payout.id,
    );
    await during("/audit-log", device, "maya", async ({ page }) => {
      await page.getByRole("tab", { name: "Security events" }).click();
      await expect.poll(() => searchOf(page)).toEqual({ tab: "security" });
      await openFilter(page, device, "Kind");
      await page.getByRole("checkbox", { name: "Action refused" }).check();
      await page.keyboard.press("Escape");
      await expect.poll(() => searchOf(page)).toEqual({ tab: "security", kind: "action_refused" });
      await page.reload();
      await loaded(page);
      const entry = entriesIn(page).filter({ hasText: "vera" }).first();
      await entry.click();
      const unfolded = page
        .getByRole("listitem")
        .filter({ has: page.getByText(payout.id) })
        .first();
      await unfolded.waitFor();
      expect(await wordsOf(unfolded)).toContain("permission_required");
      expect(await wordsOf(unfolded)).toContain("127.0.0.1");
      expect(await dialogOf(page, /./).count()).toBe(0);
    });
  });
});
