import { Button, Group, Tooltip } from "@mantine/core";
import { Suspense, useState } from "react";
import type { Identified, RecordAction } from "../list/list-definition.ts";
import { useConsole } from "../session/console-context.tsx";
import { whyNot } from "../session/me.ts";

interface RecordActionsProps<T extends Identified> {
  readonly record: T;
  readonly actions: readonly RecordAction<T>[];
  /** Told when a dialog opens and closes: what is around it must not take its keys. */
  readonly onAsking?: (asking: boolean) => void;
}

/**
 * What can be done with one record, as buttons; what can't be done now says why. A dialog keeps the record as it was when
 * it opened, so that a change in between is refused and not overlooked.
 */
export function RecordActions<T extends Identified>({ record, actions, onAsking }: RecordActionsProps<T>) {
  const { me } = useConsole();
  const [asked, setAsked] = useState<{ action: RecordAction<T>; record: T }>();
  const ask = (action: RecordAction<T>) => {
    setAsked({ action, record });
    onAsking?.(true);
  };
  const close = () => {
    setAsked(undefined);
    onAsking?.(false);
  };
  return (
    <>
      <Group gap="xs">
        {actions
          .filter(({ concerns }) => concerns?.(record) ?? true)
          .map((action) => {
            const { id, label, icon: Icon, danger } = action;
            const reason = whyNot(me, action.needs) ?? action.barred?.(record, me);
            return (
              <Tooltip
                key={id}
                label={reason}
                disabled={reason === undefined}
                events={{ hover: true, focus: true, touch: true }}
              >
                <Button
                  size="xs"
                  variant="default"
                  {...(danger && reason === undefined
                    ? { c: "light-dark(var(--mantine-color-red-9), var(--mantine-color-red-4))" }
                    : {})}
                  leftSection={<Icon size={16} stroke={1.6} />}
                  data-disabled={reason !== undefined || undefined}
                  aria-disabled={reason !== undefined}
                  onClick={() => reason === undefined && ask(action)}
                >
                  {label}
                </Button>
              </Tooltip>
            );
          })}
      </Group>
      {asked !== undefined && (
        <Suspense fallback={null}>
          <asked.action.Dialog record={asked.record} onClose={close} />
        </Suspense>
      )}
    </>
  );
}
