import { type RefObject, useEffect } from "react";

/** What takes the focus in a row: the record's name where it can be opened, else the first thing that can be pressed. */
const FOCUS = ["[data-open]", "a", "input, button"];
const TYPED = 'input:not([type="checkbox"]), textarea, select, [contenteditable="true"]';
const OVERLAID = '[role="dialog"], [role="menu"], [role="listbox"]';

/**
 * Rows by keyboard: J and K (and the arrows, once a row has the focus) go to the next and the one before, X selects.
 * Enter opens, as the focus is on the record's name. Off while something else is open or typed into.
 */
export function useRowKeys(rows: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const target = event.target instanceof Element ? event.target : document.body;
      if (target.closest(`${TYPED}, ${OVERLAID}`) || document.querySelector('[aria-modal="true"]')) return;
      const row = target.closest<HTMLElement>("tr[data-id]");
      // A page may have several tables: each one minds its own rows, and the first is where the keys begin.
      if (row !== null && rows.current?.contains(row) !== true) return;
      const step = stepOf(event.key, row !== null);
      if (step !== undefined) {
        event.preventDefault();
        focusIn(rowBeside(rows.current, row, step));
      } else if (event.key.toLowerCase() === "x") {
        row?.querySelector<HTMLInputElement>('input[type="checkbox"]')?.click();
      }
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, [rows]);
}

/** On the record's name where it can be opened, else on the first thing that can be pressed. */
function focusRow(row: Element | null | undefined): void {
  (row?.querySelector<HTMLElement>("[data-open]") ?? row?.querySelector<HTMLElement>("input, button, a"))?.focus();
}

function stepOf(key: string, inRow: boolean): 1 | -1 | undefined {
  if (key.toLowerCase() === "j" || (inRow && key === "ArrowDown")) return 1;
  if (key.toLowerCase() === "k" || (inRow && key === "ArrowUp")) return -1;
  return undefined;
}

function focusIn(row: HTMLElement | undefined): void {
  const found = FOCUS.map((wanted) => row?.querySelector<HTMLElement>(wanted));
  found.find((element) => element !== null && element !== undefined)?.focus();
}

function rowBeside(around: HTMLElement | null, row: HTMLElement | null, step: 1 | -1): HTMLElement | undefined {
  const rows = [...(around?.querySelectorAll<HTMLElement>("tr[data-id]:not([hidden])") ?? [])];
  const at = row === null ? -1 : rows.indexOf(row);
  if (at < 0) return rows.at(step === 1 ? 0 : -1);
  return rows[at + step];
}

/** How long a dialog takes to go. */
const GONE_AFTER_MS = 100;

/** After a dialog about a record, its row has the focus again, unless something else has taken it. */
export function giveFocusBack(rows: RefObject<HTMLElement | null>, id: string): void {
  setTimeout(() => {
    if (document.activeElement !== document.body) return;
    focusRow(rows.current?.querySelector(`tr[data-id="${CSS.escape(id)}"]`));
  }, GONE_AFTER_MS);
}
