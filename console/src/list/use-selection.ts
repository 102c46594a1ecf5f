import type { RowSelectionState } from "@tanstack/react-table";
import { type Dispatch, type SetStateAction, useCallback, useState } from "react";

const none: RowSelectionState = {};

/**
 * What is selected on one page of a list. It outlasts that the page is read again; on another page, or under other
 * filters, nothing is selected: nobody acts on rows that they don't see.
 */
export function useSelection(place: string): readonly [RowSelectionState, Dispatch<SetStateAction<RowSelectionState>>] {
  const [kept, setKept] = useState({ place, rows: none });
  const select = useCallback(
    (update: SetStateAction<RowSelectionState>) =>
      setKept((before) => {
        const rows = before.place === place ? before.rows : none;
        return { place, rows: typeof update === "function" ? update(rows) : update };
      }),
    [place],
  );
  return [kept.place === place ? kept.rows : none, select];
}
