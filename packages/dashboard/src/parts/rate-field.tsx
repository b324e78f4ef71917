import { NumberInput } from "@mantine/core";
import { useRef, useState } from "react";
import { readNumber } from "./rate-scale.ts";

interface RateFieldProps {
  readonly label: string;
  readonly description?: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly whole?: boolean;
  readonly suffix?: string;
  /** Told of a number within the bounds that differs from `value`. */
  readonly onApply: (value: number) => void;
}

/** A number that applies on Enter or when it is left, never while it is typed; Escape takes back what was typed. */
export function RateField({
  label,
  description,
  value,
  min,
  max,
  whole = false,
  suffix = "",
  onApply,
}: RateFieldProps) {
  const [typed, setTyped] = useState<string | number>();
  const [focused, setFocused] = useState(false);
  const edited = useRef<string>(undefined);
  const wrong = typed !== undefined && readNumber(typed, { min, max }) === undefined;
  // The text as it was typed is read: the state is told of it a moment later, and whoever is fast has left by then.
  const apply = (): void => {
    const next = readNumber(edited.current?.replaceAll(/[^\d.]/g, "") ?? "", { min, max });
    if (next === undefined) return;
    edited.current = undefined;
    setTyped(undefined);
    if (next !== value) onApply(next);
  };
  return (
    <NumberInput
      label={label}
      description={description}
      value={focused || wrong ? (typed ?? value) : value}
      onInput={({ currentTarget }) => {
        edited.current = currentTarget.value;
      }}
      onChange={setTyped}
      onFocus={() => setFocused(true)}
      onBlur={() => {
        apply();
        setFocused(false);
      }}
      onKeyDown={({ key }) => {
        if (key === "Enter") apply();
        if (key !== "Escape") return;
        edited.current = undefined;
        setTyped(undefined);
      }}
      error={wrong ? `From ${min} to ${max.toLocaleString("en-GB")}${whole ? ", whole" : ""}` : undefined}
      allowDecimal={!whole}
      allowNegative={false}
      decimalScale={whole ? 0 : 3}
      thousandSeparator=","
      hideControls
      suffix={suffix}
    />
  );
}
