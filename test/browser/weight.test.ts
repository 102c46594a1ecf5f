import { describe, expect, it } from "vitest";
import { browserVisits, loaded } from "./support/visits.ts";

/** Bytes of scripts over the wire, compressed, that a first load may take. */
const FIRST_LOAD_BYTES = 250_000;
const desk = { width: 1440, scheme: "light" } as const;

const { visit } = browserVisits();

/** Opens a path with an empty cache and adds up its scripts as they came over the wire. */
async function scriptsOf(path: string, person?: "maya") {
  const { page, url } = await visit(undefined, desk, person);
  const network = await page.context().newCDPSession(page);
  await network.send("Network.enable");
  const scripts = new Map<string, string>();
  const bytes = new Map<string, number>();
  network.on("Network.responseReceived", ({ requestId, type, response }) => {
    if (type === "Script") scripts.set(requestId, response.url);
  });
  network.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => bytes.set(requestId, encodedDataLength));
  await page.goto(`${url}${path}`);
  await loaded(page);
  const total = () => [...scripts.keys()].reduce((sum, id) => sum + (bytes.get(id) ?? 0), 0);
  return { page, total, urls: () => [...scripts.values()] };
}

describe("what a first load weighs", () => {
  it.each([
    { path: "/sign-in", person: undefined },
    { path: "/payout-schedules", person: "maya" as const },
    { path: "/escrow-holds", person: "maya" as const },
  ])("$path takes at most 250 kB of compressed scripts", async ({ path, person }) => {
    const { page, total, urls } = await scriptsOf(path, person);
    console.info(`${path}: ${(total() / 1000).toFixed(1)} kB in ${urls().length} scripts`);
    expect(urls().length).toBeGreaterThan(0);
    expect(total()).toBeLessThanOrEqual(FIRST_LOAD_BYTES);
    await page.context().close();
  });

  it("a further page is loaded when somebody goes there", async () => {
    const { page, urls } = await scriptsOf("/payout-schedules", "maya");
    const before = urls().length;
    expect(urls().some((url) => url.includes("audit-log"))).toBe(false);
    await page.getByRole("link", { name: "Audit log" }).click();
    await page.getByRole("heading", { level: 1, name: "Audit log" }).waitFor();
    expect(urls().length).toBeGreaterThan(before);
    expect(urls().some((url) => url.includes("audit-log"))).toBe(true);
    await page.context().close();
  });
});
