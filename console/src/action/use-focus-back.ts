import { useEffect, useState } from "react";

/** What is made opened has nothing to give the focus back to by itself: it goes to where it was, once this is gone. */
export function useFocusBack(): void {
  const [before] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      setTimeout(() => {
        if (document.activeElement === document.body && before instanceof HTMLElement) before.focus();
      });
    },
    [before],
  );
}
