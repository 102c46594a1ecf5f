import { Menu, Text } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useConsole } from "../session/console-context.tsx";
import { whyNot } from "../session/me.ts";
import type { Identified, RecordAction } from "./list-definition.ts";
import classes from "./record-table.module.css";

interface RecordMenuProps<T extends Identified> {
  readonly record: T;
  readonly actions: readonly RecordAction<T>[];
  readonly onAction: (action: RecordAction<T>, record: T) => void;
}

/** What can be done with a record. A hundred rows have a hundred plain buttons; a menu is made when one is pressed. */
export function RecordMenu<T extends Identified>(props: RecordMenuProps<T>) {
  const [made, setMade] = useState(false);
  const label = `Actions for ${props.record.id}`;
  if (made) return <MadeMenu {...props} label={label} />;
  return (
    <button
      type="button"
      className={classes.more}
      aria-label={label}
      aria-haspopup="menu"
      aria-expanded={false}
      onClick={() => setMade(true)}
    >
      <IconDots size={18} stroke={1.8} aria-hidden />
    </button>
  );
}

function MadeMenu<T extends Identified>({ label, ...items }: RecordMenuProps<T> & { label: string }) {
  const [opened, setOpened] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  // It opens from the button that has the focus, and so gives it back there.
  useEffect(() => {
    button.current?.focus();
    setOpened(true);
  }, []);
  return (
    <Menu opened={opened} onChange={setOpened} width={260} returnFocus>
      <Menu.Target>
        <button ref={button} type="button" className={classes.more} aria-label={label}>
          <IconDots size={18} stroke={1.8} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <ActionItems {...items} />
      </Menu.Dropdown>
    </Menu>
  );
}

/** The items of a menu. What can't be done stays reachable, so that its reason can be read out. */
export function ActionItems<T extends Identified>({ record, actions, onAction }: RecordMenuProps<T>) {
  const { me } = useConsole();
  const concerned = actions.filter(({ concerns }) => concerns?.(record) ?? true);
  if (concerned.length === 0) return <Menu.Label>Nothing can be done with it any more</Menu.Label>;
  return concerned.map((action) => {
    const { id, label, icon: Icon, danger } = action;
    const reason = whyNot(me, action.needs) ?? action.barred?.(record, me);
    const barred = reason !== undefined;
    return (
      <Menu.Item
        key={id}
        leftSection={<Icon size={16} stroke={1.6} />}
        {...(danger && !barred ? { className: classes.danger } : {})}
        aria-disabled={barred}
        {...(barred ? { c: "dimmed" } : {})}
        closeMenuOnClick={!barred}
        onClick={() => !barred && onAction(action, record)}
      >
        {label}
        {barred && (
          <Text size="xs" c="dimmed" className={classes.reason}>
            {reason}
          </Text>
        )}
      </Menu.Item>
    );
  });
}
