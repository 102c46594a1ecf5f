import { type RefObject, useLayoutEffect, useState } from "react";

/**
 * Whether what is inside is no wider than its frame. A table that fits has a heading that stays in sight; one that doesn't
 * is moved sideways within its frame, and no heading can do both.
 */
export function useFits(frame: RefObject<HTMLElement | null>, inside: RefObject<HTMLElement | null>): boolean {
  const [fits, setFits] = useState(false);
  useLayoutEffect(() => {
    const [outer, inner] = [frame.current, inside.current];
    if (outer === null || inner === null) return;
    const measure = () => setFits(inner.offsetWidth <= outer.clientWidth);
    const observer = new ResizeObserver(measure);
    observer.observe(outer);
    observer.observe(inner);
    return () => observer.disconnect();
  }, [frame, inside]);
  return fits;
}
