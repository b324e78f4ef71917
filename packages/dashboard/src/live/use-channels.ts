import {
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import {
  type Channel,
  type ChannelChange,
  type ChannelInput,
  type ChannelTest,
  type Delivery,
  deleteChannelsChannelId,
  getChannels,
  getDeliveries,
  patchChannelsChannelId,
  postChannels,
  postChannelsChannelIdTest,
} from "../client/generated/auditflow.ts";

const channelsKey = ["channels"];

/** Every channel, by name; asked again every ten seconds, because a receiver can switch one off. */
export function useChannels(): UseQueryResult<Channel[]> {
  return useQuery({
    queryKey: channelsKey,
    queryFn: async ({ signal }) => (await getChannels({ signal })).channels,
    refetchInterval: 10_000,
  });
}

/** What a channel was told last; null before the first time. */
export function useLastDelivery(channelId: string): UseQueryResult<Delivery | null> {
  return useQuery({
    queryKey: ["deliveries", "last", channelId],
    queryFn: async ({ signal }) =>
      (await getDeliveries({ channel_id: channelId, limit: 1 }, { signal })).deliveries[0] ?? null,
    refetchInterval: 10_000,
  });
}

/** Adds a channel; its answer alone holds the secret that was made for it. */
export function useAddChannel() {
  return useChannelWrite((input: ChannelInput) => postChannels(input));
}

/** Changes a channel as it was seen: whoever changed it meanwhile is not overruled, the answer is a 412 then. */
export function useChangeChannel() {
  return useChannelWrite(
    ({ channel, change }: { readonly channel: Channel; readonly change: ChannelChange }) =>
      patchChannelsChannelId(channel.channel_id, change, {
        headers: { "if-match": `"${channel.version}"` },
      }),
  );
}

/** Takes a channel away, and with it what it was still to be told. */
export function useRemoveChannel() {
  return useChannelWrite((channelId: string) => deleteChannelsChannelId(channelId));
}

/** Sends a test notice and waits for what becomes of it. */
export function useTestChannel(): UseMutationResult<ChannelTest, Error, string> {
  return useMutation<ChannelTest, Error, string>({ mutationFn: (id) => postChannelsChannelIdTest(id) });
}

function useChannelWrite<Given, Made>(
  mutationFn: (given: Given) => Promise<Made>,
): UseMutationResult<Made, Error, Given> {
  const client = useQueryClient();
  return useMutation<Made, Error, Given>({
    mutationFn,
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: channelsKey });
      await client.invalidateQueries({ queryKey: ["deliveries"] });
    },
  });
}
