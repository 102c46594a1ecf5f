import { Tooltip } from "@mantine/core";
import { StatusBadge } from "../../display/status-badge.tsx";
import classes from "./parts.module.css";

interface StatusWithReasonProps {
  readonly status: string;
  /** Beside the status, in a few words. */
  readonly mark?: string | undefined;
  /** The whole story, when it is pointed at or focused. */
  readonly why?: string | undefined;
}

/** A status, and why it is what it is. */
export function StatusWithReason({ status, mark, why }: StatusWithReasonProps) {
  const content = (
    <>
      <StatusBadge status={status} />
      {mark !== undefined && <span className={classes.mark}>{mark}</span>}
    </>
  );
  if (why === undefined) return <span className={classes.status}>{content}</span>;
  return (
    <Tooltip label={why} events={{ hover: true, focus: true, touch: true }}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the reason has to be reachable by keyboard as well */}
      <span className={classes.status} tabIndex={0}>
        {content}
      </span>
    </Tooltip>
  );
}
