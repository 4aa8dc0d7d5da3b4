"""The Python functions of orders_yaml.yaml."""


def list_shops(count):
    return [[shop] for shop in range(1, int(count) + 1)]


def count_orders(shop):
    orders = shop * 10
    print(f"shop {shop}: {orders} orders")
    return orders


def choose(counts):
    return "many" if sum(counts) > 50 else "few"
