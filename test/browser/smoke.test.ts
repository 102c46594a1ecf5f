import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath, launchChromium } from "./support/chromium.ts";
import { type RunningConsole, startConsole } from "./support/running-console.ts";

describe.skipIf(chromiumPath === undefined)("the console in a browser", () => {
  let running: RunningConsole;
  let browser: Browser;

  beforeAll(async () => {
    running = await startConsole();
    browser = await launchChromium();
  }, 150_000);

  afterAll(async () => {
    await browser?.close();
    await running?.stop();
  });

  it("lets somebody in and shows both dashboards", async () => {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(running.endpoints.console);
    await page.getByRole("button", { name: /^maya/ }).click();
    await page.getByRole("heading", { level: 1, name: "Payout schedules" }).waitFor();
    await page.getByText("No schedules yet").waitFor();
    await page.getByRole("link", { name: "Escrow holds" }).click();
    await page.getByRole("heading", { level: 1, name: "Escrow holds" }).waitFor();
    await page.getByText("No holds yet").waitFor();
    expect(complaints).toEqual([]);
  });
});
