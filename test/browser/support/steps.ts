/** What people do on any page of the console, by the words that they read there. */
import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { loaded } from "./visits.ts";

/** The row of a record, which is a card on a phone. */
export function rowOf(page: Page, id: string): Locator {
  return page.locator(`tr[data-id="${id}"]`);
}

/** Opens the menu of a record's row; what can't be done is in it with the reason. */
export async function openMenu(page: Page, id: string): Promise<Locator> {
  // What still arrives above the row would move it away from under its menu.
  await loaded(page);
  await page.getByRole("button", { name: `Actions for ${id}` }).click();
  const menu = page.getByRole("menu");
  await menu.waitFor();
  return menu;
}

/** The dialog with a title. */
export function dialogOf(page: Page, title: string | RegExp): Locator {
  return page.getByRole("dialog", { name: title });
}

/** Chooses a deed in the menu of a record's row, and gives the dialog that asks about it. */
export async function choose(page: Page, id: string, deed: { item: string; title: string | RegExp }): Promise<Locator> {
  const menu = await openMenu(page, id);
  await menu.getByRole("menuitem", { name: deed.item }).click();
  const dialog = dialogOf(page, deed.title);
  await dialog.waitFor();
  return dialog;
}

/** Presses a button that opens a dialog, and gives the dialog. */
export async function press(page: Page, button: string, title: string | RegExp): Promise<Locator> {
  await page.getByRole("button", { name: button, exact: true }).click();
  const dialog = dialogOf(page, title);
  await dialog.waitFor();
  return dialog;
}

/** Presses the button that does it; the dialog goes, and a message says what was done. */
export async function confirm(page: Page, dialog: Locator, words: { button: string; said: string }): Promise<void> {
  await dialog.getByRole("button", { name: words.button, exact: true }).click();
  await page.getByRole("alert").filter({ hasText: words.said }).first().waitFor();
  await dialog.waitFor({ state: "detached" });
}

/** What the address says of the page's state. */
export function searchOf(page: Page): Record<string, string> {
  return Object.fromEntries(new URL(page.url()).searchParams);
}

/** The text of an element in one line: line breaks and the spaces around them are the layout's. */
export async function wordsOf(locator: Locator): Promise<string> {
  return (await locator.innerText()).replaceAll(/\s+/g, " ").trim();
}

/** Waits until an element says something. */
export async function untilItSays(locator: Locator, words: string | RegExp): Promise<void> {
  await expect.poll(() => wordsOf(locator)).toMatch(words);
}
