import {
  type InfiniteData,
  type UseInfiniteQueryResult,
  type UseMutationResult,
  type UseQueryResult,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import {
  type Delivery,
  type DeliveryDetail,
  type DeliveryList,
  getDeliveries,
  getDeliveriesDeliveryId,
  postDeliveriesDeliveryIdResend,
} from "../client/generated/auditflow.ts";
import type { ChannelsSearch } from "../parts/channel-search.ts";

const deliveriesKey = ["deliveries"];
const pageSize = 50;

/** Deliveries, newest first, asked again every five seconds. */
export function useDeliveries({
  channel,
  state,
}: ChannelsSearch): UseInfiniteQueryResult<InfiniteData<DeliveryList>> {
  return useInfiniteQuery({
    queryKey: [...deliveriesKey, "list", channel, state],
    queryFn: ({ pageParam, signal }) =>
      getDeliveries(
        {
          limit: pageSize,
          ...(channel === undefined ? {} : { channel_id: channel }),
          ...(state === undefined ? {} : { state }),
          ...(pageParam === "" ? {} : { cursor: pageParam }),
        },
        { signal },
      ),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next,
    refetchInterval: 5_000,
  });
}

/** One delivery with every try. */
export function useDelivery(deliveryId: string): UseQueryResult<DeliveryDetail> {
  return useQuery({
    queryKey: [...deliveriesKey, "one", deliveryId],
    queryFn: ({ signal }) => getDeliveriesDeliveryId(deliveryId, { signal }),
    refetchInterval: 5_000,
  });
}

/** Sends a delivery again, under the id that the receiver may know already. */
export function useResend(): UseMutationResult<Delivery, Error, string> {
  const client = useQueryClient();
  return useMutation<Delivery, Error, string>({
    mutationFn: (id) => postDeliveriesDeliveryIdResend(id),
    onSettled: () => client.invalidateQueries({ queryKey: deliveriesKey }),
  });
}
