"""What every chart is made of; the charts themselves are with the pages that show them."""
