import { Group, Tooltip } from "@mantine/core";
import { useServerMinute } from "../../api/server-clock.ts";
import { formatDistance, Instant } from "../../display/instants.tsx";
import { StatusBadge } from "../../display/status-badge.tsx";
import { dueState } from "./due-state.ts";
import classes from "./parts.module.css";

interface DueMarkProps {
  readonly at: string | null;
  /** True while it waits for its date. */
  readonly open: boolean;
  /** The zone in which a rule has made the date, where one has. */
  readonly zone?: string | undefined;
  /** What stands in place of a date. */
  readonly otherwise?: string;
}

/** When something goes out, with a mark where that is now, or was before now and something is in the way. */
export function DueMark({ at, open, zone, otherwise = "–" }: DueMarkProps) {
  const nowMs = useServerMinute();
  if (at === null) return <span>{otherwise}</span>;
  const due = open ? dueState(at, nowMs) : undefined;
  return (
    <Group gap="xs" component="span" className={classes.due} wrap="nowrap" display="inline-flex">
      <Instant at={at} only="date" zone={zone} />
      {due !== undefined && (
        <Tooltip label={`Fell due ${formatDistance(at, nowMs)}`}>
          <span>
            <StatusBadge status={due} />
          </span>
        </Tooltip>
      )}
    </Group>
  );
}
