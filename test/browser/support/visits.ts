/** Visits to the console as a person on a device. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject } from "vitest";
import { control } from "../../../local/client.ts";
import { launchChromium } from "./chromium.ts";
import { DEMO_ORGANIZATION } from "./running-console.ts";

export interface Device {
  readonly width: 390 | 1440;
  readonly scheme: "light" | "dark";
}

/** A phone and a desk, in both colour schemes. */
export const devices: readonly Device[] = [
  { width: 390, scheme: "light" },
  { width: 390, scheme: "dark" },
  { width: 1440, scheme: "light" },
  { width: 1440, scheme: "dark" },
];

export const roles = {
  vera: "viewer",
  olga: "operator",
  pete: "processor",
  maya: "manager",
  miro: "manager",
  nina: "manager",
  ada: "admin",
  root: "super_admin",
} as const;

export type Person = keyof typeof roles;

const tokens = new Map<string, Promise<string>>();

/** A token as the sign-in page gets it. */
export function tokenOf(person: Person, organizationId = DEMO_ORGANIZATION): Promise<string> {
  const key = `${organizationId} ${person}`;
  const known = tokens.get(key);
  if (known !== undefined) return known;
  const asked = control<{ access_token: string }>(inject("endpoints").local, "/token", {
    sub: person,
    role: roles[person],
    organizationId,
    expiresInSeconds: 31_536_000,
  }).then(({ access_token }) => access_token);
  tokens.set(key, asked);
  return asked;
}

export interface Visit {
  readonly page: Page;
  /** What went wrong on the page so far: script errors and what its console said of errors. */
  readonly complaints: readonly string[];
  /** From now on what fits this is no complaint: Chromium reports each request that is refused or gets no answer. */
  readonly expects: (report: RegExp) => void;
  readonly url: string;
}

/** One browser per test file; each visit has a context of its own, closed when the file's tests are over. */
export function browserVisits() {
  let browser: Browser | undefined;
  const contexts: BrowserContext[] = [];

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
  });

  /** Opens a path; as nobody where no person is given. */
  async function visit(
    path: string | undefined,
    { width, scheme }: Device,
    person?: Person,
    organizationId = DEMO_ORGANIZATION,
  ): Promise<Visit> {
    if (browser === undefined) throw new Error("the browser has not started");
    const { console: url } = inject("endpoints");
    const context = await browser.newContext({
      viewport: { width, height: width === 390 ? 844 : 900 },
      colorScheme: scheme,
      hasTouch: width === 390,
      reducedMotion: "reduce",
      timezoneId: "UTC",
      locale: "en-GB",
    });
    context.setDefaultTimeout(20_000);
    contexts.push(context);
    if (person !== undefined) {
      const token = await tokenOf(person, organizationId);
      await context.addInitScript((value) => localStorage.setItem("payouts.local-token", value), token);
    }
    const page = await context.newPage();
    const complaints: string[] = [];
    const expected: RegExp[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      const text = message.text();
      if (message.type() === "error" && !expected.some((report) => report.test(text))) complaints.push(text);
    });
    if (path !== undefined) await page.goto(`${url}${path}`);
    return { page, complaints, expects: (report) => expected.push(report), url };
  }

  return {
    visit,
    /** Opens a path, does something there, and closes it; nothing on the page may have complained. */
    async during(
      path: string | undefined,
      device: Device,
      person: Person | undefined,
      act: (visit: Visit) => Promise<void>,
      organizationId = DEMO_ORGANIZATION,
    ) {
      const opened = await visit(path, device, person, organizationId);
      try {
        await act(opened);
        expect(opened.complaints).toEqual([]);
      } finally {
        await opened.page.context().close();
      }
    },
  };
}

/** Waits until nothing on the page is loading any more. */
export async function loaded(page: Page): Promise<void> {
  await page.locator("h1").first().waitFor();
  await page.waitForFunction(
    () => document.querySelector('[aria-busy="true"], [data-loading="true"], .mantine-Skeleton-root') === null,
  );
}
