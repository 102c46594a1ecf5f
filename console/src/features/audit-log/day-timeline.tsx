import { IconChevronDown } from "@tabler/icons-react";
import { type ComponentType, type KeyboardEvent, memo, useId, useMemo, useState } from "react";
import { formatDate } from "../../display/instants.tsx";
import classes from "./day-timeline.module.css";

interface Dated {
  readonly id: string;
  readonly created_at: string;
}

interface DayTimelineProps<T extends Dated> {
  /** What the entries are, for those who don't see them. */
  readonly label: string;
  /** In the order in which they are shown. */
  readonly entries: readonly T[];
  /** What is seen of each; inside of a button, so without links. */
  readonly Head: ComponentType<{ entry: T }>;
  /** What is seen when it is unfolded. */
  readonly Body: ComponentType<{ entry: T }>;
  /** How the entry is marked on the line; what it means is said in its head as well. */
  readonly toneOf: (entry: T) => "strong" | "quiet" | "bad";
  readonly faded: boolean;
}

const timeFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** Entries under the days on which they happened, in the browser's time zone. Each unfolds by itself; several can be open. */
export function DayTimeline<T extends Dated>({ label, entries, Head, Body, toneOf, faded }: DayTimelineProps<T>) {
  const days = useMemo(() => [...Map.groupBy(entries, ({ created_at }) => formatDate(created_at))], [entries]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys move the focus among the buttons inside
    <div className={classes.timeline} data-faded={faded || undefined} onKeyDown={moveFocus}>
      {days.map(([day, ofDay]) => (
        <section key={day} aria-label={`${label} on ${day}`}>
          <h2 className={classes.day}>{day}</h2>
          <ol className={classes.entries}>
            {ofDay.map((entry) => (
              <Entry key={entry.id} entry={entry} Head={Head} Body={Body} tone={toneOf(entry)} />
            ))}
          </ol>
        </section>
      ))}
    </div>
  );
}

interface EntryProps<T extends Dated> {
  readonly entry: T;
  readonly Head: ComponentType<{ entry: T }>;
  readonly Body: ComponentType<{ entry: T }>;
  readonly tone: string;
}

function UnfoldingEntry<T extends Dated>({ entry, Head, Body, tone }: EntryProps<T>) {
  const [opened, setOpened] = useState(false);
  const body = useId();
  return (
    <li className={classes.entry} data-tone={tone} data-opened={opened || undefined} data-id={entry.id}>
      <button
        type="button"
        className={classes.head}
        aria-expanded={opened}
        aria-controls={opened ? body : undefined}
        onClick={() => setOpened(!opened)}
        data-head
      >
        <time className={classes.time} dateTime={entry.created_at} title={entry.created_at}>
          {timeFormat.format(new Date(entry.created_at))}
        </time>
        <span className={classes.dot} aria-hidden />
        <span className={classes.said}>
          <Head entry={entry} />
        </span>
        <IconChevronDown size={16} stroke={1.8} className={classes.chevron} aria-hidden />
      </button>
      {opened && (
        <div id={body} className={classes.body}>
          <Body entry={entry} />
        </div>
      )}
    </li>
  );
}

const Entry = memo(UnfoldingEntry) as typeof UnfoldingEntry;

/** J and K, or the arrows, go to the next entry and the one before. */
function moveFocus(event: KeyboardEvent<HTMLDivElement>): void {
  if (event.ctrlKey || event.metaKey || event.altKey || !(event.target instanceof HTMLElement)) return;
  const step = steps[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (step === undefined || event.target.dataset.head === undefined) return;
  const heads = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-head]")];
  event.preventDefault();
  heads[heads.indexOf(event.target) + step]?.focus();
}

const steps: Readonly<Record<string, 1 | -1>> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
