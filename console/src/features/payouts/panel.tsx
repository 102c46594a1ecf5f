import { Title } from "@mantine/core";
import { type ReactNode, useId } from "react";
import classes from "./payout.module.css";

interface PanelProps {
  readonly title: string;
  /** False where what is in it has a frame of its own. */
  readonly framed?: boolean;
  /** Comes after everything else where the page is one column. */
  readonly last?: boolean;
  readonly children: ReactNode;
}

/** A part of a page under its heading. */
export function Panel({ title, framed = true, last = false, children }: PanelProps) {
  const heading = useId();
  return (
    <section aria-labelledby={heading} className={framed ? classes.panel : undefined} data-last={last || undefined}>
      <Title order={2} id={heading} mb={8}>
        {title}
      </Title>
      {children}
    </section>
  );
}
