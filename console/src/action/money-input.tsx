import { decimalsOf } from "../../../shared/domain/currencies.ts";
import { DecimalInput, type DecimalInputProps } from "./decimal-input.tsx";

interface MoneyInputProps extends Omit<DecimalInputProps, "value" | "onChange" | "suffix" | "decimalScale"> {
  readonly currency: string;
  /** Minor units; undefined while nothing is typed. */
  readonly value?: number | undefined;
  readonly onChange?: (amountMinor: number | undefined) => void;
}

/** An amount as people write it; its value is minor units. */
export function MoneyInput({ currency, value, onChange, ...rest }: MoneyInputProps) {
  const scale = 10 ** decimalsOf(currency);
  return (
    <DecimalInput
      {...rest}
      value={value === undefined ? undefined : value / scale}
      onChange={(major) => onChange?.(major === undefined ? undefined : Math.round(major * scale))}
      decimalScale={decimalsOf(currency)}
      thousandSeparator=","
      suffix={` ${currency}`}
      allowNegative={false}
      hideControls
      inputMode="decimal"
    />
  );
}
