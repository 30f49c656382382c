"""Accuracy on recordings of people, made elsewhere and labelled: the product's own perception and estimators, nothing else.

Every figure comes with a 95 % interval and counts. Nothing is trained or tuned here.
"""
