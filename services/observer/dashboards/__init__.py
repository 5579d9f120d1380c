"""The dashboards for Grafana, made from code.

`python -m services.observer.dashboards deploy/grafana/dashboards` writes them anew.
"""
