import { ActionIcon, CopyButton, Group, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import classes from "./display.module.css";

/** The end tells ids apart, the prefix says of what: `po_…5FG8QK`. Short ones stay whole. */
export function shortId(id: string): string {
  if (id.length <= 16) return id;
  const prefix = /^[a-z]+_/.exec(id)?.[0] ?? id.slice(0, 4);
  return `${prefix}…${id.slice(-6)}`;
}

/** An id that can be read as a whole when pointed at. */
export function Id({ id }: { id: string | null | undefined }) {
  if (id === null || id === undefined) return <span>–</span>;
  return (
    <span className={classes.id} title={id}>
      {shortId(id)}
    </span>
  );
}

/** An id in full, to be copied. */
export function CopyableId({ id }: { id: string }) {
  return (
    <Group gap={4} wrap="nowrap" style={{ minWidth: 0 }}>
      <span className={classes.id} style={{ overflow: "hidden", textOverflow: "ellipsis" }} title={id}>
        {id}
      </span>
      <CopyButton value={id}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? "Copied" : "Copy"}>
            <ActionIcon variant="subtle" color="gray" size="sm" onClick={copy} aria-label={`Copy ${id}`}>
              {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </Group>
  );
}
