import { type KeyboardEvent, useEffect, useRef } from "react";

interface DecisionKeys {
  /** What is in the table now: when it changes, the row with the focus may be gone. */
  readonly rows: readonly unknown[];
  /** A letter was pressed while the row with this id had the focus. */
  readonly onLetter: (letter: string, id: string) => void;
  /** False while a dialog is open. */
  readonly enabled: boolean;
}

/**
 * Letters decide about the row that has the focus. One that leaves the table while it has it gives the focus to the row
 * that takes its place, so that a queue can be worked off without the mouse.
 */
export function useDecisionKeys({ rows, onLetter, enabled }: DecisionKeys) {
  const frame = useRef<HTMLDivElement>(null);
  const place = useRef<number>(undefined);

  // biome-ignore lint/correctness/useExhaustiveDependencies: it looks whenever rows have come or gone
  useEffect(() => {
    if (!enabled || place.current === undefined || document.activeElement !== document.body) return;
    const left = rowsIn(frame.current);
    left[Math.min(place.current, left.length - 1)]?.querySelector<HTMLElement>("[data-open]")?.focus();
  }, [rows, enabled]);

  return {
    ref: frame,
    onFocus: () => {
      const index = rowsIn(frame.current).findIndex((row) => row.contains(document.activeElement));
      place.current = index < 0 ? undefined : index;
    },
    onKeyDown: (event: KeyboardEvent) => {
      if (!enabled || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const row = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>("tr[data-id]") : null;
      const id = row?.dataset.id;
      if (id !== undefined && /^[a-z]$/i.test(event.key)) onLetter(event.key.toLowerCase(), id);
    },
  };
}

function rowsIn(frame: HTMLElement | null): readonly HTMLElement[] {
  return [...(frame?.querySelectorAll<HTMLElement>("tr[data-id]") ?? [])];
}
