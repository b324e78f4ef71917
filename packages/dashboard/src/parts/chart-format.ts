const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat("en-GB", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const hundredths = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 2 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const minutes = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const seconds = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** A number of things, with separators: `12,345`. */
export function formatCount(count: number): string {
  return whole.format(count);
}

/** A rate with as many digits as tell something: `0.25`, `5.2`, `340`. */
export function formatRate(rate: number): string {
  if (rate > 0 && rate < 1) return hundredths.format(rate);
  return rate < 100 && rate > 0 ? tenths.format(rate) : whole.format(rate);
}

/** A number beside an axis: `1.5K`. */
export function formatTick(value: number): string {
  return short.format(value);
}

/** The times beside an axis (epoch seconds), with seconds only where they differ; a midnight is its day. */
export function formatTimeTicks(ticks: readonly number[]): string[] {
  const fine = ticks.some((tick) => tick % 60 !== 0);
  return ticks.map((tick) => {
    const date = new Date(tick * 1_000);
    const midnight = date.getHours() + date.getMinutes() + date.getSeconds() === 0;
    return midnight ? day.format(date) : (fine ? seconds : minutes).format(date);
  });
}

/** The span of a bucket that starts at `start` (epoch seconds) and is `width` seconds long: `11:20:00 to 11:20:20`. */
export function formatBucket(start: number, width: number): string {
  const clock = width % 60 === 0 ? minutes : seconds;
  return `${clock.format(start * 1_000)} to ${clock.format((start + width) * 1_000)}`;
}
