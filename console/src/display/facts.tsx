import type { ReactNode } from "react";
import classes from "./facts.module.css";

export interface Fact {
  readonly label: string;
  readonly value: ReactNode;
  /** What the label means, where that isn't plain. */
  readonly note?: ReactNode;
}

/** What is known of one record: a name and a value in each line. Facts that are undefined are left out. */
export function Facts({ facts }: { facts: readonly (Fact | undefined)[] }) {
  return (
    <dl className={classes.facts}>
      {facts.map(
        (fact) =>
          fact !== undefined && (
            <div key={fact.label} className={classes.fact}>
              <dt>
                {fact.label}
                {fact.note !== undefined && <div className={classes.note}>{fact.note}</div>}
              </dt>
              <dd>{fact.value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
