// packages: ai@7.0.173 @ai-sdk/otel@1.0.173 @ai-sdk/openai@4.0.118 zod @opentelemetry/sdk-trace-node @opentelemetry/exporter-trace-otlp-http
import { createOpenAI } from "@ai-sdk/openai";
import { LegacyOpenTelemetry } from "@ai-sdk/otel";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { generateText, registerTelemetry, stepCountIs, tool } from "ai";
import { z } from "zod";

const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ "service.name": "ai-sdk-legacy-shop" }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
provider.register();
registerTelemetry(new LegacyOpenTelemetry());

const tools = {
  get_weather: tool({
    description: "The weather in a city.",
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => ({ city, temperature_c: 21 }),
  }),
  find_order: tool({
    description: "An order.",
    inputSchema: z.object({ order_id: z.string() }),
    execute: async ({ order_id }) => ({ success: false, error: `Order ${order_id} not found` }),
  }),
  explode: tool({
    description: "Raises.",
    inputSchema: z.object({ reason: z.string() }),
    execute: async () => {
      throw new Error("the kiln is cold");
    },
  }),
};
await generateText({
  model: createOpenAI({ baseURL: process.env.OPENAI_BASE_URL }).chat("gpt-4o-mini"),
  tools,
  stopWhen: stepCountIs(5),
  prompt: "How is the weather?",
  runtimeContext: { sessionId: "session-7" },
  telemetry: {
    isEnabled: true,
    functionId: "weather_agent",
    metadata: { sessionId: "session-7" },
    includeRuntimeContext: { sessionId: true },
  },
});
await provider.shutdown();
