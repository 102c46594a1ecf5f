import { Button, Checkbox, Text } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useId, useState } from "react";
import { Instant } from "../../display/instants.tsx";
import { titled } from "../../display/status-badge.tsx";
import type { Wire } from "../../session/me.ts";
import classes from "./monitoring.module.css";

interface DeadLetterItemProps {
  readonly letter: Wire["DeadLetter"];
  readonly selected?: boolean;
  /** Absent where nothing can be redriven by this person from this queue. */
  readonly onToggle?: () => void;
}

/** One message: why it is here, what it is about, and its body when it is asked for. */
export function DeadLetterItem({ letter, selected = false, onToggle }: DeadLetterItemProps) {
  const [open, setOpen] = useState(false);
  const bodyId = useId();
  const name = letter.detail_type ?? titled(letter.kind);
  return (
    <li className={classes.letter} data-id={letter.id}>
      {onToggle !== undefined && (
        <Checkbox
          size="xs"
          mt={3}
          checked={selected}
          onChange={onToggle}
          disabled={!letter.redrivable}
          aria-label={`Select ${name}, ${letter.id}`}
        />
      )}
      <div>
        <Text size="sm" fw={600}>
          {name}
        </Text>
        {letter.reason !== null && <Text size="sm">{letter.reason}</Text>}
        <dl className={classes.facts}>
          <dt>Kind</dt>
          <dd>{titled(letter.kind)}</dd>
          <dt>Came</dt>
          <dd>
            <Instant at={letter.sent_at} />
          </dd>
          <dt>Organization</dt>
          <dd>{letter.organization_id ?? "–"}</dd>
          <dt>Source</dt>
          <dd>{letter.source ?? "–"}</dd>
          <dt>Looked at</dt>
          <dd>{letter.receive_count === 1 ? "once" : `${letter.receive_count} times`}</dd>
          {!letter.redrivable && (
            <>
              <dt>Redrive</dt>
              <dd>no: {letter.not_redrivable_reason ?? "nothing in it could go back on the bus"}</dd>
            </>
          )}
        </dl>
        <Button
          size="compact-xs"
          variant="default"
          leftSection={open ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
          onClick={() => setOpen(!open)}
          aria-expanded={open}
          aria-controls={bodyId}
        >
          Body
        </Button>
        <div id={bodyId} hidden={!open}>
          {open && (
            <>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what can be scrolled must be so by keyboard */}
              <section className={classes.body} tabIndex={0} aria-label={`Body of ${letter.id}`}>
                {readable(letter.body)}
              </section>
              {letter.body_truncated && (
                <Text size="xs" c="dimmed">
                  Only its beginning is shown.
                </Text>
              )}
            </>
          )}
        </div>
      </div>
    </li>
  );
}

/** JSON with line breaks; anything else, also JSON that was cut, as it is. */
function readable(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2);
  } catch (error) {
    if (error instanceof SyntaxError) return body;
    throw error;
  }
}
