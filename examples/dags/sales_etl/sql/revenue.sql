SELECT c.country, sum(o.quantity * o.price)
FROM orders AS o
JOIN customers AS c ON c.id = o.customer
GROUP BY c.country
ORDER BY 2 DESC
