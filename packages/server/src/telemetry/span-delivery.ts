import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace";
import type { SpanObserver } from "./trace.ts";

/** Spans that may wait; more are dropped and counted. */
const mostWaiting = 2048;

/** How long a span waits for others, in milliseconds. */
const linger = 1000;

const unobserved: SpanObserver = {
  exported: () => undefined,
  failed: () => undefined,
  dropped: () => undefined,
};

/** Sends ended spans in batches to a collector, and tells what became of each. */
export class SpanDelivery implements SpanProcessor {
  readonly #batches: BatchSpanProcessor;
  #observer: SpanObserver = unobserved;
  #waiting = 0;
  #isStopped = false;

  constructor(url: string) {
    this.#batches = new BatchSpanProcessor({
      exporter: this.#counting(new OTLPTraceExporter({ url })),
      maxQueueSize: mostWaiting,
      scheduledDelayMillis: linger,
    });
  }

  observe(observer: SpanObserver): void {
    this.#observer = observer;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & 1) === 0) return;
    // The queue behind would drop it too, and tell nobody.
    if (this.#isStopped || this.#waiting >= mostWaiting) this.#observer.dropped(1);
    else {
      this.#waiting += 1;
      this.#batches.onEnd(span);
    }
  }

  forceFlush(): Promise<void> {
    return this.#batches.forceFlush();
  }

  shutdown(): Promise<void> {
    this.#isStopped = true;
    return this.#batches.shutdown();
  }

  #counting(exporter: SpanExporter): SpanExporter {
    return {
      export: (spans, done) => {
        this.#waiting -= spans.length;
        exporter.export(spans, (result) => {
          this.#tell(spans.length, result);
          done(result);
        });
      },
      shutdown: () => exporter.shutdown(),
    };
  }

  #tell(spans: number, { code, error }: ExportResult): void {
    if (code === ExportResultCode.SUCCESS) this.#observer.exported(spans);
    else this.#observer.failed(spans, error);
  }
}
