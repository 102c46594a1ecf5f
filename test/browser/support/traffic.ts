/** What a page and the API say to each other. */
import type { Page, Request } from "playwright-core";
import { inject } from "vitest";

export interface Exchange {
  readonly method: string;
  /** With the query: `/v2/payouts?status=paid`. */
  readonly path: string;
  readonly status: number;
  readonly idempotencyKey: string | undefined;
}

/** Every answer of the API from now on, in their order. */
export function overhear(page: Page): readonly Exchange[] {
  const { api } = inject("endpoints");
  const heard: Exchange[] = [];
  page.on("response", (response) => {
    if (!response.url().startsWith(api)) return;
    const request = response.request();
    heard.push({
      method: request.method(),
      path: response.url().slice(api.length),
      status: response.status(),
      idempotencyKey: keyOf(request),
    });
  });
  return heard;
}

export function keyOf(request: Request): string | undefined {
  return request.headers()["idempotency-key"];
}

/** Tells the addresses of an operation of the API, whatever it is asked: `/v2/payouts` is not `/v2/payouts/stats`. */
export function isAt(path: string): (url: URL) => boolean {
  const { api } = inject("endpoints");
  return ({ origin, pathname }) => origin === api && pathname === path;
}

/** Keeps what the page asks of an operation waiting, until the function that is given back is called. */
export async function holdUp(page: Page, path: string): Promise<() => void> {
  let letGo = () => {};
  const released = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  await page.route(isAt(path), async (route) => {
    await released;
    await route.continue();
  });
  return letGo;
}
